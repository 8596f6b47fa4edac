/** An object's bytes, read to their end and kept nowhere: how many they are, and their checksums. */
import { type Digests, digestsOf } from "../../checksum/digests.ts";
import type { Bucket, GetOptions, ObjectInfo } from "../../objects/bucket.ts";

export interface ReadBytes extends Digests {
  /** What the reply said of them. */
  readonly info: ObjectInfo;
}

/** One GET, never repeated. Throws BucketError. */
export async function readBytes(
  bucket: Pick<Bucket, "get">,
  key: string,
  options: Pick<GetOptions, "originImage" | "signal"> = {},
): Promise<ReadBytes> {
  const reply = await bucket.get(key, { ...options, bufferUpTo: 0 });
  return { info: reply, ...(await digestsOf(reply.kind === "bytes" ? [reply.bytes] : reply.stream)) };
}
