/** What every contestant is: something that copies the first `objects` keys of one size from the store to the store. */
import type { Facts, SizeLabel } from "./bodies.ts";

export interface CopierOptions {
  /** Of the store. */
  readonly origin: string;
  readonly label: SizeLabel;
  readonly concurrency: number;
  /** Is the number found by trying instead, where who copies can? */
  readonly auto?: boolean;
  /** By variant. */
  readonly facts: readonly Facts[];
  /** Rows a shard, where there are shards. Default 1,000, as the product's. */
  readonly shardSize?: number;
}

export interface Stored {
  /** Keys whose object is there, and right. */
  readonly right: number;
  readonly wrong: number;
  readonly puts: number;
}

export interface Copier {
  /** What is done before the clock starts. */
  prepare?(objects: number): Promise<void>;
  /** Copies keys 0 to `objects` - 1. Throws where anything was not copied. */
  copy(objects: number): Promise<void>;
  /** Where the archive is not in the store: what it holds of the keys that were copied last. */
  check?(objects: number): Promise<Stored>;
  /** How many it copies at once now, where it finds that by trying. */
  atOnce?(): number;
  close(): Promise<void>;
}

/** `concurrency` loops that take the next index until there is none. */
export async function inParallel(
  objects: number,
  concurrency: number,
  one: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const loop = async () => {
    while (next < objects) await one(next++);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, objects) }, loop));
}
