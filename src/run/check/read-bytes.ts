/** An object's bytes, read to their end and kept nowhere: how many they are, and their checksums. */
import { createHash } from "node:crypto";
import { crc64Digest, crc64Start, crc64Update } from "../../checksum/crc64.ts";
import type { Bucket, GetOptions, ObjectInfo } from "../../objects/bucket.ts";

export interface ReadBytes {
  /** What the reply said of them. */
  readonly info: ObjectInfo;
  readonly size: number;
  /** Hex. */
  readonly md5: string;
  /** Unsigned decimal. */
  readonly crc64: string;
}

/** One GET, never repeated. Throws BucketError. */
export async function readBytes(
  bucket: Pick<Bucket, "get">,
  key: string,
  options: Pick<GetOptions, "originImage" | "signal"> = {},
): Promise<ReadBytes> {
  const reply = await bucket.get(key, { ...options, bufferUpTo: 0 });
  const md5 = createHash("md5");
  const crc = crc64Start();
  let size = 0;
  for await (const chunk of reply.kind === "bytes" ? [reply.bytes] : reply.stream) {
    md5.update(chunk);
    crc64Update(crc, chunk);
    size += chunk.length;
  }
  return { info: reply, size, md5: md5.digest("hex"), crc64: crc64Digest(crc) };
}
