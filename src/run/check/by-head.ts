/** The second half of a check: HEADs of both objects of each pair that LISTs did not settle. */
import { createPace } from "../../archive/shard/pace/pace.ts";
import type { Bucket, ObjectInfo } from "../../objects/bucket.ts";
import { type BucketError, isBucketError } from "../../objects/error.ts";
import { withRetries } from "../../objects/retrying.ts";
import { startsAt } from "../../policy/concurrency/auto-concurrency.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import {
  type CheckCounts,
  type CheckedPlaces,
  type Difference,
  type KeptPairs,
  messageOfMissing,
  type Pair,
} from "./check.ts";
import { judgeHeads } from "./judge.ts";
import { requestsAtOnce } from "./requests-at-once.ts";

export interface HeadOptions {
  readonly counts: CheckCounts;
  readonly kept: KeptPairs;
  /** Called for each, in no particular order. What it returns is waited for. */
  readonly onDifference: (difference: Difference) => void | Promise<void>;
  readonly onProgress?: ((asked: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a HEAD found. `refused`: this object alone can't be asked about, such as one that a protection covers. */
type Found =
  | { readonly kind: "there"; readonly info: ObjectInfo }
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly error: BucketError };

/** Throws BucketError where a bucket can't be asked at all. Ends early where the signal aborts. */
export async function compareByHead(
  { source, archive }: CheckedPlaces,
  surroundings: Surroundings,
  { counts, kept, onDifference, onProgress, signal }: HeadOptions,
): Promise<void> {
  const { open, clock, random, log, settings } = surroundings;
  const originals = open("source", source);
  const copies = open("archive", archive);
  const pace = createPace({ ...settings, clock, random, log });
  // HEADs are all alike: what is tried first is enough.
  const { concurrency, memory } = settings;
  const atOnce = requestsAtOnce(memory === undefined ? concurrency : Math.min(concurrency, startsAt));
  let asked = 0;

  const head = async (role: "source" | "archive", bucket: Bucket, key: string): Promise<Found> => {
    const onTry = () => counts.requests[`${role}.head`]++;
    try {
      const info = await withRetries(() => bucket.head(key, { signal }), { clock, random, signal, log, onTry });
      return { kind: "there", info };
    } catch (error) {
      if (!isBucketError(error) || signal?.aborted) throw error;
      if (error.status === 404 && error.code !== "NoSuchBucket") return { kind: "none" };
      if (error.code === "AccessDenied" || error.errNo !== undefined) return { kind: "refused", error };
      throw error;
    }
  };

  const uncompared = (pair: Pair, message: string) => {
    counts.uncompared++;
    return onDifference({ kind: "uncompared", message, ...pair });
  };

  const compare = async (pair: Pair): Promise<void> => {
    await pace.beforeFetch(signal);
    if (signal?.aborted) return;
    const [original, copy] = await Promise.all([
      head("source", originals, pair.key),
      head("archive", copies, pair.archiveKey),
    ]);
    asked++;
    onProgress?.(asked);
    if (original.kind === "none") {
      counts.gone++;
      return;
    }
    if (copy.kind === "none") {
      counts.missing++;
      return onDifference({ kind: "missing", message: messageOfMissing, ...pair });
    }
    if (original.kind === "refused") return uncompared(pair, `it can't be asked about: ${original.error.message}`);
    if (copy.kind === "refused") return uncompared(pair, `it can't be asked about: ${copy.error.message}`);
    const judged = judgeHeads(original.info, copy.info);
    if (judged.kind === "same") {
      counts.same++;
      counts.proofs[judged.by]++;
      return;
    }
    if (judged.kind === "differs") {
      counts.differs++;
      return onDifference({ kind: "differs", message: judged.message, ...pair });
    }
    return uncompared(pair, "source and archive tell no checksum that could be compared");
  };

  for await (const pairs of kept.read()) {
    for (const pair of pairs) {
      if (signal?.aborted) break;
      await atOnce.begin(() => compare(pair));
    }
    if (signal?.aborted) break;
  }
  await atOnce.ended();
}
