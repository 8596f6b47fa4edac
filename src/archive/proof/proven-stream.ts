/**
 * The bytes of a large original on their way into the archive. The last chunk is held back until the source has ended
 * cleanly, with the expected length and, where the proof is a CRC64, the expected checksum: a wrong or short body makes the
 * upload fall short of its Content-Length, and the archive stores nothing.
 */

import { type Crc64, crc64Digest, crc64Start, crc64Update } from "../../checksum/crc64.ts";
import type { BodySource } from "../../objects/bucket.ts";
import { nounOf } from "../../vocabulary/counted.ts";

/** What came differs from what the original is; thrown from within the stream, so that the upload ends unfinished. */
export class WrongBytes extends Error {
  override readonly name = "WrongBytes";
  readonly difference: string;
  constructor(difference: string) {
    super(`the body has ${difference}`);
    this.difference = difference;
  }
}

export interface Proving {
  /** Bytes. */
  readonly size: number;
  /** Hash what passes and compare it at the end. */
  readonly crc64?: string | undefined;
  /** Hash what passes even though there is nothing to compare it with, so that the archive's answer can be checked. */
  readonly hash?: boolean;
}

export interface ProvenStream {
  readonly body: BodySource;
  /** Of all bytes that passed; undefined while the source has not ended, or where nothing was hashed. */
  digest(): string | undefined;
  /** What ended the stream early: WrongBytes, or the source's own error. The upload's error merely follows from it. */
  fault(): unknown;
}

export function provenStream(source: BodySource, proving: Proving): ProvenStream {
  const crc: Crc64 | undefined = proving.crc64 !== undefined || proving.hash ? crc64Start() : undefined;
  let digest: string | undefined;
  let fault: unknown;

  async function* hold(): AsyncGenerator<Uint8Array> {
    let held: Uint8Array | undefined;
    let size = 0;
    for await (const chunk of source) {
      if (chunk.length === 0) continue;
      size += chunk.length;
      if (size > proving.size) throw new WrongBytes(`more than ${proving.size} ${nounOf(proving.size, "byte")}`);
      if (crc !== undefined) crc64Update(crc, chunk);
      if (held !== undefined) yield held;
      held = chunk;
    }
    if (size !== proving.size) throw new WrongBytes(`${size} ${nounOf(size, "byte")} instead of ${proving.size}`);
    if (crc !== undefined) digest = crc64Digest(crc);
    if (proving.crc64 !== undefined && digest !== proving.crc64) {
      throw new WrongBytes(`CRC64 ${digest} instead of ${proving.crc64}`);
    }
    if (held !== undefined) yield held;
  }
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* hold();
    } catch (error) {
      fault = error;
      throw error;
    }
  }
  const body = Object.assign(watched(), { release: (chunk: Uint8Array) => source.release?.(chunk) });
  return { body, digest: () => digest, fault: () => fault };
}
