/** Of bytes that are read to their end and kept nowhere: how many they are, and both their checksums. */
import { createHash } from "node:crypto";
import { crc64Digest, crc64Start, crc64Update } from "./crc64.ts";

export interface Digests {
  readonly size: number;
  /** Hex. */
  readonly md5: string;
  /** Unsigned decimal. */
  readonly crc64: string;
}

export async function digestsOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Digests> {
  const md5 = createHash("md5");
  const crc = crc64Start();
  let size = 0;
  for await (const chunk of chunks) {
    md5.update(chunk);
    crc64Update(crc, chunk);
    size += chunk.length;
  }
  return { size, md5: md5.digest("hex"), crc64: crc64Digest(crc) };
}
