/**
 * Which runs have compared the same listings and are complete: `compared/<what was asked>/<id>~<run>` beside the runs, an empty object
 * each. The next run of the same finds there which it is to compare its deleted keys with.
 */
import { createHash } from "node:crypto";
import { ulid } from "ulid";
import type { Bucket } from "../objects/bucket.ts";
import type { Clock, Random } from "../vocabulary/clock.ts";
import { asFolder } from "../vocabulary/names.ts";
import { comparedFolder, comparedPath, parseCompared } from "./layout.ts";
import { createLedgerStore, pagesAfter } from "./store.ts";

export interface ComparedRuns {
  /** The one that was over last; undefined where there is none. */
  last(): Promise<string | undefined>;
  /** This one is over. */
  add(run: string): Promise<void>;
}

/** @param identity what makes two requests the same (plan/request.ts) */
export function comparedRuns(
  bucket: Bucket,
  ledgerPrefix: string,
  identity: Readonly<Record<string, string>>,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): ComparedRuns {
  const asked = createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 32);
  const prefix = `${asFolder(ledgerPrefix)}${comparedFolder}${asked}/`;
  const store = createLedgerStore({ bucket, prefix, clock, random });
  return {
    async last() {
      let last: string | undefined;
      for await (const { objects } of pagesAfter(store, "", "")) {
        for (const { key } of objects) last = parseCompared(key) ?? last;
      }
      return last;
    },
    add: (run) => store.put(comparedPath(ulid(clock.now(), random), run), ""),
  };
}
