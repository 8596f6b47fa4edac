/** An object's bytes, read to their end and kept nowhere: how many they are, and their checksums. */
import { type Digests, digestsOf } from "../../checksum/digests.ts";
import type { BodySource, Bucket, GetOptions, ObjectInfo } from "../../objects/bucket.ts";

export interface ReadBytes extends Digests {
  /** What the reply said of them. */
  readonly info: ObjectInfo;
}

/** One GET, never repeated. Throws BucketError. @param options.paced its bytes, no faster than they may come */
export async function readBytes(
  bucket: Pick<Bucket, "get">,
  key: string,
  options: Pick<GetOptions, "originImage" | "signal"> & { readonly paced?: (stream: BodySource) => BodySource } = {},
): Promise<ReadBytes> {
  const { paced = (stream) => stream, ...asked } = options;
  const reply = await bucket.get(key, { ...asked, bufferUpTo: 0 });
  return { info: reply, ...(await digestsOf(reply.kind === "bytes" ? [reply.bytes] : paced(reply.stream))) };
}
