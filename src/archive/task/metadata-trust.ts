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
export const metadataSample = 20;

/**
 * @param said what a probe of the bucket found. That they lack it is believed until a reply brings it; that they bring it is not: nothing
 *   would notice where it no longer holds.
 */
export function createMetadataTrust(said?: {
  readonly bringsMetadata?: boolean | undefined;
  /** Told once, where a reply brings what it was said to lack. */
  readonly contradicted: () => void;
}): MetadataTrust {
  let believed = said?.bringsMetadata === false;
  let replies: "bring" | "lack" | undefined = believed ? "lack" : undefined;
  let without = 0;
  return {
    asks: () => replies === "lack" || (replies === undefined && without < metadataSample),
    learn(head, reply) {
      if (replies === "lack" && !believed) return;
      const names = Object.keys(head.headers).filter((name) => name.startsWith("x-cos-meta-"));
      if (names.length === 0) without++;
      // One reply that lacks what its object has outweighs any number that bring it.
      else if (believed) {
        if (!names.every((name) => reply.headers[name] !== undefined)) return;
        believed = false;
        replies = "bring";
        said?.contradicted();
      } else replies = names.every((name) => reply.headers[name] !== undefined) ? "bring" : "lack";
    },
  };
}
