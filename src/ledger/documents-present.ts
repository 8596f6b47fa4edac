/** Which of a run's documents are there, by one LIST. */
import { paths } from "./layout.ts";
import type { LedgerStore } from "./store.ts";

export interface DocumentsPresent {
  readonly request: boolean;
  readonly run: boolean;
  readonly summary: boolean;
}

export async function documentsPresent(ledger: LedgerStore): Promise<DocumentsPresent> {
  const { objects } = await ledger.listPage(paths.documents.below, paths.documents.behind);
  const there = new Set(objects.map(({ key }) => key));
  return { request: there.has(paths.request), run: there.has(paths.run), summary: there.has(paths.summary) };
}
