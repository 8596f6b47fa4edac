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
  /** Tells that a HEAD was refused. True where that was to be expected: then the reply alone says what the metadata are. */
  headRefused?(): boolean;
}

/** Objects without metadata after which the bucket is taken to have none. */
export const metadataSample = 20;

/** What a probe of the bucket found. */
export interface SaidOfMetadata {
  readonly bringsMetadata?: boolean | undefined;
  /** Is a HEAD of a protected image refused? */
  readonly refusesHead?: boolean | undefined;
  /** Told once, where a reply brings what it was said to lack, or a HEAD what was said to be refused. */
  readonly contradicted: (by: "reply" | "head") => void;
  /** Told once, where HEADs are refused as was said. */
  readonly deaf?: () => void;
}

/**
 * @param said That replies lack the metadata is believed until one brings them; that they bring them is not: nothing would notice where it no
 *   longer holds. That HEADs are refused is believed once one is, where nothing says that replies lack what no HEAD tells then.
 */
export function createMetadataTrust(said?: SaidOfMetadata): MetadataTrust {
  let believed = said?.bringsMetadata === false;
  let replies: "bring" | "lack" | undefined = believed ? "lack" : undefined;
  let without = 0;
  let heads: "may be refused" | "refused" | "come" =
    said?.refusesHead === true && said.bringsMetadata !== false ? "may be refused" : "come";
  return {
    asks: () => heads !== "refused" && (replies === "lack" || (replies === undefined && without < metadataSample)),
    headRefused() {
      if (heads === "may be refused") {
        heads = "refused";
        said?.deaf?.();
      }
      return heads === "refused";
    },
    learn(head, reply) {
      if (heads === "may be refused") {
        heads = "come";
        said?.contradicted("head");
      }
      if (replies === "lack" && !believed) return;
      const names = Object.keys(head.headers).filter((name) => name.startsWith("x-cos-meta-"));
      if (names.length === 0) without++;
      // One reply that lacks what its object has outweighs any number that bring it.
      else if (believed) {
        if (!names.every((name) => reply.headers[name] !== undefined)) return;
        believed = false;
        replies = "bring";
        said?.contradicted("reply");
      } else replies = names.every((name) => reply.headers[name] !== undefined) ? "bring" : "lack";
    },
  };
}
