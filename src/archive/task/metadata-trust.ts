/**
 * Whether the replies that bring originals also bring their metadata (x-cos-meta-*). No document says. Where they do not,
 * only a HEAD does, and a row whose original is known well enough to need none would lose its metadata in silence.
 *
 * So the first replies of a process are compared with a HEAD each, until one object that has metadata settles it; a bucket
 * whose first objects have none is taken to have none, or a bucket without any would pay for a HEAD a key for ever.
 */
import type { ObjectInfo } from "../../objects/bucket.ts";

export interface MetadataTrust {
  /** Is a HEAD needed to know an object's metadata? */
  asks(): boolean;
  /** Tells what the HEAD and the reply of one original brought. */
  learn(head: ObjectInfo, reply: ObjectInfo): void;
}

/** Objects without metadata after which the bucket is taken to have none. */
const SAMPLE = 20;

export function createMetadataTrust(): MetadataTrust {
  let replies: "bring" | "lack" | undefined;
  let without = 0;
  return {
    asks: () => replies === "lack" || (replies === undefined && without < SAMPLE),
    learn(head, reply) {
      if (replies === "lack") return;
      const names = Object.keys(head.headers).filter((name) => name.startsWith("x-cos-meta-"));
      if (names.length === 0) without++;
      // One reply that lacks what its object has outweighs any number that bring it.
      else replies = names.every((name) => reply.headers[name] !== undefined) ? "bring" : "lack";
    },
  };
}
