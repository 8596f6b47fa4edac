/** The archive keys that a plan gives out, kept in the ledger at each cursor, so that duplicates are as exact as in one go. */
import type { PlanCursor } from "../../ledger/plan/cursor.ts";
import { readFingerprints, writeFingerprints } from "../../ledger/plan/fingerprints.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Random } from "../../vocabulary/clock.ts";
import { createGivenKeys, type GivenKeys } from "./keys/given-keys.ts";
import { mayRepeat } from "./shards.ts";

export interface KeptKeys {
  readonly keys: GivenKeys;
  /** Writes what was given out since the last time, under `plan`. Resolves with what a cursor says of all of it. */
  keep(plan: string, shards: number): Promise<PlanCursor["givenKeys"]>;
}

/**
 * What earlier slices gave out is known again. Undefined where no two rows of the run can have one archive key. Throws UserError
 * `LedgerIncomplete`.
 */
export async function keptKeys(
  { ledger, random, request }: { readonly ledger: LedgerStore; readonly random: Random; readonly request: RunRequest },
  before: PlanCursor["givenKeys"],
): Promise<KeptKeys | undefined> {
  if (!mayRepeat(request)) return undefined;
  const parts = [...(before?.parts ?? [])];
  const prints: Buffer[] = [];
  for (const part of parts) prints.push(await readFingerprints(ledger, part));
  const fresh = createPrints();
  const earlier = before && { seed: before.seed, rows: before.rows, prints };
  const keys = createGivenKeys(random, undefined, earlier, fresh.add);
  return {
    keys,
    async keep(plan, shards) {
      const part = fresh.take();
      if (part.length > 0) parts.push(await writeFingerprints(ledger, plan, shards, part));
      return { seed: keys.seed, rows: keys.rows(), parts };
    },
  };
}

/** Fingerprints, 12 bytes each (given-keys.ts). */
function createPrints() {
  const PIECE = 12 * 4096;
  let whole: Buffer[] = [];
  let piece = Buffer.alloc(PIECE);
  let used = 0;
  return {
    add(high: number, low: number, source: number): void {
      used = piece.writeUInt32LE(source, piece.writeUInt32LE(low, piece.writeUInt32LE(high, used)));
      if (used < PIECE) return;
      whole.push(piece);
      piece = Buffer.alloc(PIECE);
      used = 0;
    },
    take(): Buffer {
      const all = Buffer.concat([...whole, piece.subarray(0, used)]);
      whole = [];
      used = 0;
      return all;
    },
  };
}
