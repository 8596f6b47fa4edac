/** The runs of a ledger: everything about one lies below a prefix of its own. */
import type { Bucket } from "../objects/bucket.ts";
import { type Retrying, withRetries } from "../objects/retrying.ts";
import { asFolder } from "../vocabulary/names.ts";
import { reportFolder, runsFolder } from "./layout.ts";

/** Prefix of a run within the ledger's bucket, ending in `/`. */
export const runPrefix = (ledgerPrefix: string, run: string): string => `${asFolder(ledgerPrefix)}${runsFolder}${run}/`;

/** Prefix of what people read of a run, ending in `/`. */
export const reportPrefix = (prefixOfRun: string): string => `${prefixOfRun}${reportFolder}`;

/** The names of what lies where runs do, page by page; of those alone that begin with `beginning`. */
export async function* listRuns(
  bucket: Bucket,
  ledgerPrefix: string,
  retrying: Retrying,
  beginning = "",
): AsyncGenerator<readonly string[]> {
  const folder = `${asFolder(ledgerPrefix)}${runsFolder}`;
  const prefix = folder + beginning;
  for (let marker: string | undefined; ; ) {
    const after = marker;
    const page = await withRetries(() => bucket.list({ prefix, delimiter: "/", marker: after }), retrying);
    yield page.prefixes.map((each) => each.slice(folder.length, -1));
    marker = page.nextMarker;
    if (marker === undefined) return;
  }
}
