/**
 * The bytes of a manifest as its format sees them: decompressed, without byte order mark, in pieces of bounded size.
 * What can't be UTF-8 text at all is refused here, so that nobody gets a million bad rows out of a spreadsheet.
 */
import { isUtf8 } from "node:buffer";
import { gunzip, isGzip } from "./gunzip.ts";
import { ManifestError } from "./manifest-error.ts";

/** Enough of the beginning to tell what a file is. */
const HEAD_BYTES = 512;
/** A larger chunk is handed on in slices, so that the rows made of it are gone before they count as old to the collector. */
const SLICE_BYTES = 32 * 1024;

const foreignKinds: readonly { readonly magic: string; readonly kind: string }[] = [
  { magic: "504b0304", kind: "a zip archive (or a spreadsheet); unpack it, or save it as CSV" },
  { magic: "28b52ffd", kind: "compressed with zstd; decompress it, or compress it with gzip" },
  { magic: "425a6839314159265359", kind: "compressed with bzip2; decompress it, or compress it with gzip" },
  { magic: "fd377a585a00", kind: "compressed with xz; decompress it, or compress it with gzip" },
];

export interface PlainTextOptions {
  /** Of the manifest, for messages; one ending in `.gz` must be gzip. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

export async function* plainText(
  source: AsyncIterable<Uint8Array>,
  { name, signal }: PlainTextOptions,
): AsyncGenerator<Buffer> {
  const raw = await peek(stopping(source, signal), 2);
  try {
    if (isGzip(raw.head)) {
      yield* text(await peek(gunzip(raw.bytes, name), HEAD_BYTES), name, signal);
    } else if (/\.gz$/i.test(name)) {
      throw new ManifestError(
        "ManifestUnreadable",
        `reading the manifest ${name}: it is named .gz and is no gzip; compress it or name it otherwise`,
      );
    } else {
      yield* text(await peek(raw.bytes, HEAD_BYTES), name, signal);
    }
  } finally {
    await raw.close();
  }
}

async function* text(
  { head, bytes, close }: Peeked,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  try {
    refuseForeign(head, name);
    let skip = head.length >= 3 && head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
    for await (const chunk of bytes) {
      // Little that is packed may be much that is not.
      signal?.throwIfAborted();
      for (let at = skip; at < chunk.length; at += SLICE_BYTES) yield chunk.subarray(at, at + SLICE_BYTES);
      skip = 0;
    }
  } finally {
    await close();
  }
}

function refuseForeign(head: Buffer, name: string): void {
  const [a, b] = head;
  const nulAt = (offset: number) => head.length > offset && head[offset] === 0;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (head.length > 1 && nulAt(0) !== nulAt(1))) {
    throw new ManifestError(
      "ManifestEncoding",
      `reading the manifest ${name}: it is UTF-16; save it as UTF-8 (a spreadsheet calls it "CSV UTF-8")`,
    );
  }
  const hex = head.subarray(0, 10).toString("hex");
  for (const { magic, kind } of foreignKinds) {
    if (hex.startsWith(magic)) {
      throw new ManifestError("ManifestBinary", `reading the manifest ${name}: it is ${kind}`);
    }
  }
  if (nulAt(0) || nulAt(1) || nulAt(2) || nulAt(3) || (head.includes(0) && !isUtf8(wholeCharacters(head)))) {
    throw new ManifestError(
      "ManifestBinary",
      `reading the manifest ${name}: it is binary, not text; give lines, JSON or CSV in UTF-8`,
    );
  }
}

/** `head` without a character that its cut may have halved. */
function wholeCharacters(head: Buffer): Buffer {
  if (head.length < HEAD_BYTES) return head;
  let end = head.length;
  while (end > head.length - 4 && (head[end - 1]! & 0xc0) === 0x80) end--;
  return head.subarray(0, end - 1);
}

interface Peeked {
  /** The first bytes, as many as were asked for unless there are fewer. */
  readonly head: Buffer;
  /** All bytes, the first ones included. */
  readonly bytes: AsyncGenerator<Buffer>;
  /** Closes the source, even where nobody began to read `bytes`: a generator that never ran closes nothing. */
  close(): Promise<unknown>;
}

async function peek(source: AsyncGenerator<Buffer>, count: number): Promise<Peeked> {
  const first: Buffer[] = [];
  let length = 0;
  while (length < count) {
    const { done, value } = await source.next();
    if (done) break;
    first.push(value);
    length += value.length;
  }
  const held = Buffer.concat(first);
  async function* all() {
    if (held.length > 0) yield held;
    yield* source;
  }
  return { head: held.subarray(0, count), bytes: all(), close: () => source.return(undefined) };
}

async function* stopping(source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    signal?.throwIfAborted();
    if (chunk.length > 0) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  signal?.throwIfAborted();
}
