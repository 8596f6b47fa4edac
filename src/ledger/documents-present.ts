/** Which of a run's documents are there, by one LIST. */
import { paths } from "./layout.ts";
import type { LedgerStore } from "./store.ts";

export interface DocumentsPresent {
  readonly request: boolean;
  readonly run: boolean;
  readonly summary: boolean;
  /** Of the LIST, by the store's clock, ms since the epoch. */
  readonly serverTime: number;
}

export async function documentsPresent(ledger: LedgerStore): Promise<DocumentsPresent> {
  const { objects, serverTime } = await ledger.listPage(paths.documents.below, paths.documents.behind);
  const there = new Set(objects.map(({ key }) => key));
  return {
    request: there.has(paths.request),
    run: there.has(paths.run),
    summary: there.has(paths.summary),
    serverTime,
  };
}
