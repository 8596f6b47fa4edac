/** All files that people read of a run. */
import { reportFolder } from "../layout.ts";

import type { LedgerStore } from "../store.ts";

export { reportNames } from "../layout.ts";

export interface ReportFile {
  readonly name: string;
  /** Undefined where it is gone by then. */
  readonly read: () => Promise<Buffer | undefined>;
}

export async function reportFiles(ledger: LedgerStore): Promise<readonly ReportFile[]> {
  const { objects } = await ledger.list(reportFolder);
  return objects.map(({ key }) => ({ name: key.slice(reportFolder.length), read: () => ledger.get(key) }));
}
