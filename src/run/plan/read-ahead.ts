/** The rows of a manifest, read as far as it takes to know whether one shard holds them all. */
import { isRow, type PlanEntries, type PlanEntry } from "./entry.ts";

export interface ReadAhead {
  /** What was read, again at each call. */
  readonly entries: () => PlanEntries;
  /** Is that all there is? */
  readonly whole: boolean;
}

export async function readAhead(source: PlanEntries, shardSize: number): Promise<ReadAhead> {
  const iterator = source[Symbol.asyncIterator]();
  const batches: (readonly PlanEntry[])[] = [];
  let rows = 0;
  let whole = false;
  while (rows <= shardSize) {
    const next = await iterator.next();
    if (next.done) {
      whole = true;
      break;
    }
    batches.push(next.value);
    for (const entry of next.value) if (isRow(entry)) rows++;
  }
  if (!whole) await iterator.return?.();
  async function* entries() {
    yield* batches;
  }
  return { entries, whole };
}
