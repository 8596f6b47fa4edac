/** A body into a temporary file, hashed as it passes, and what its object will say of it. */
import { createHash } from "node:crypto";
import { crc64Digest, crc64Start, crc64Update } from "../../checksum/crc64.ts";
import { type Body, heldLength, isHeld } from "../../objects/bucket.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import { refusal } from "./fault.ts";
import { type FileHandle, type Files, orMissing } from "./files.ts";
import type { Version } from "./sidecar.ts";

/** Bytes in a file that has no name yet. */
export interface Written extends Version {
  readonly path: string;
  readonly md5: string;
  readonly crc64: string;
  /** Open: to be written to the disk, beside what else has to get there, and closed. */
  readonly handle: FileHandle;
}

export interface BodyOptions {
  readonly contentLength?: number | undefined;
  readonly contentMd5?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @param path where nothing is
 * @throws BucketError `MissingContentLength`, `IncompleteBody`, `InvalidDigest`, `BadDigest`, `RequestAborted`; what the body throws. Then
 *   nothing is left there.
 */
export async function takeBody(
  files: Files,
  path: string,
  body: Body,
  options: BodyOptions,
  what: string,
): Promise<Written> {
  const size = isHeld(body) ? heldLength(body) : options.contentLength;
  if (size === undefined) throw refusal("MissingContentLength", what, "a streamed body needs its contentLength");
  const md5Wanted = wantedMd5(options.contentMd5, what);
  const handle = await files.open(path, "wx");
  try {
    const hashes = createHashes();
    await write(handle, body, size, hashes, options.signal, what);
    const { md5, crc64 } = hashes.digests();
    if (md5Wanted !== undefined && md5 !== md5Wanted) {
      throw refusal("BadDigest", what, `the bytes have the MD5 ${md5}, and Content-MD5 says ${md5Wanted}`);
    }
    const { mtimeNs } = await handle.stat({ bigint: true });
    return { path, md5, crc64, mtimeNs, size: BigInt(size), handle };
  } catch (thrown) {
    await handle.close().catch(() => undefined);
    await orMissing(files.unlink(path)).catch(() => undefined);
    throw thrown;
  }
}

function wantedMd5(contentMd5: string | undefined, what: string): string | undefined {
  if (contentMd5 === undefined) return undefined;
  const bytes = Buffer.from(contentMd5, "base64");
  if (bytes.length !== 16) throw refusal("InvalidDigest", what, "Content-MD5 is no MD5");
  return bytes.toString("hex");
}

export function createHashes() {
  const md5 = createHash("md5");
  const crc = crc64Start();
  return {
    update(chunk: Uint8Array): void {
      md5.update(chunk);
      crc64Update(crc, chunk);
    },
    digests: () => ({ md5: md5.digest("hex"), crc64: crc64Digest(crc) }),
  };
}

type Hashes = ReturnType<typeof createHashes>;

async function write(
  handle: FileHandle,
  body: Body,
  size: number,
  hashes: Hashes,
  signal: AbortSignal | undefined,
  what: string,
): Promise<void> {
  const source = isHeld(body) ? (Array.isArray(body) ? body : [body as Buffer]) : body;
  const release = isHeld(body) ? undefined : body.release?.bind(body);
  let received = 0;
  const fallsShort = () =>
    refusal("IncompleteBody", what, `the body has ${received} ${nounOf(received, "byte")}, and ${size} were announced`);
  const aborted = () => {
    if (signal?.aborted) throw refusal("RequestAborted", what, "given up because the caller asked to");
  };
  aborted();
  for await (const chunk of source) {
    aborted();
    received += chunk.length;
    if (received > size) throw fallsShort();
    hashes.update(chunk);
    await writeAll(handle, chunk);
    release?.(chunk);
  }
  if (received !== size) throw fallsShort();
  aborted();
}

/** A write may take less than it is given. */
export async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at);
    at += bytesWritten;
  }
}
