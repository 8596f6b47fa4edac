/** The rows of a manifest, read as far as it takes to know whether one shard holds them all. */
import { isRow, type PlanEntries, type PlanEntry } from "./entry.ts";

export type ReadAhead = Read | { readonly kind: "out of time" };

interface Read {
  readonly kind: "read";
  /** What was read, again at each call. */
  readonly entries: () => PlanEntries;
  /** Is that all there is? */
  readonly whole: boolean;
}

/** @param looking ends the reading of `source` too, which then throws: there is no time for more */
export async function readAhead(source: PlanEntries, shardSize: number, looking?: AbortSignal): Promise<ReadAhead> {
  try {
    return await read(source, shardSize);
  } catch (thrown) {
    if (looking?.aborted) return { kind: "out of time" };
    throw thrown;
  }
}

async function read(source: PlanEntries, shardSize: number): Promise<Read> {
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
  return { kind: "read", entries, whole };
}
