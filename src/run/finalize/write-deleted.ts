/** Writes deleted.csv: of the keys that the run's plan found deleted from the source, those that no earlier run had. */
import { readDeleted } from "../../ledger/plan/deleted-keys.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { writeDeletedCsv } from "../../ledger/report/part-files.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { deletedHeader, deletedLine } from "../../report/deleted-csv.ts";

/** Characters of one file, as of failures. */
const A_FILE = 16_000_000;

/** Nothing where it was not looked for, or an earlier version did, which kept their number alone; else a file, though it has no row. */
export async function writeDeleted(
  ledger: LedgerStore,
  { request, compared, deletedFromSource }: Pick<RunDocument, "request" | "compared" | "deletedFromSource">,
): Promise<void> {
  if (compared?.by !== "listing" || deletedFromSource === undefined) return;
  const { count, lists = [] } = deletedFromSource;
  if (count > 0 && lists.length === 0) return;
  let files = 0;
  let lines = [deletedHeader];
  let length = 0;
  const write = async () => {
    await writeDeletedCsv(ledger, files++, lines.join(""));
    lines = [deletedHeader];
    length = 0;
  };
  for await (const deleted of readDeleted(ledger, lists)) {
    if (!deleted.isNew) continue;
    const line = deletedLine(request.source.bucket, deleted);
    lines.push(line);
    length += line.length;
    if (length >= A_FILE) await write();
  }
  if (length > 0 || files === 0) await write();
}
