/**
 * The bytes of a manifest as its format sees them: decompressed, without byte order mark, in pieces of bounded size.
 * What can't be UTF-8 text at all is refused here, so that nobody gets a million bad rows out of a spreadsheet.
 */
import { isUtf8 } from "node:buffer";
import { gunzip, isGzip } from "./gunzip.ts";
import { ManifestError } from "./manifest-error.ts";

/** Enough of the beginning to tell what a file is. */
const HEAD_BYTES = 4096;
const CR = 13;
const LF = 10;
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
    const isCrEnded = head.includes(CR) && !head.includes(LF);
    let skip = head.length >= 3 && head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0;
    for await (const given of bytes) {
      // Little that is packed may be much that is not.
      signal?.throwIfAborted();
      const chunk = isCrEnded ? withLf(given) : given;
      for (let at = skip; at < chunk.length; at += SLICE_BYTES) yield chunk.subarray(at, at + SLICE_BYTES);
      skip = 0;
    }
  } finally {
    await close();
  }
}

/** Lines that end in CR alone, as old programs write them, end in LF: so it is where the beginning has none. */
function withLf(bytes: Buffer): Buffer {
  return bytes.includes(CR) ? Buffer.from(bytes.map((byte) => (byte === CR ? LF : byte))) : bytes;
}

function refuseForeign(head: Buffer, name: string): void {
  const [a, b] = head;
  const nulAt = (offset: number) => head.length > offset && head[offset] === 0;
  if (
    (a === 0xff && b === 0xfe) ||
    (a === 0xfe && b === 0xff) ||
    (head.length > 1 && nulAt(0) !== nulAt(1)) ||
    isUtf16(head)
  ) {
    throw new ManifestError(
      "ManifestEncoding",
      `reading the manifest ${name}: it is UTF-16; save it as UTF-8 (a spreadsheet calls it "CSV UTF-8")`,
    );
  }
  if (isGbk(head)) {
    throw new ManifestError(
      "ManifestEncoding",
      `reading the manifest ${name}: it is not UTF-8, perhaps GBK; save it as UTF-8 (a spreadsheet calls it "CSV UTF-8")`,
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

/** Without a byte order mark: then its line ends, and whatever of it is ASCII, have a NUL beside them. */
function isUtf16(head: Buffer): boolean {
  // One NUL may be a slip in a text of another kind.
  if (head.indexOf(0) === head.lastIndexOf(0)) return false;
  const even = head.subarray(0, head.length - (head.length % 2));
  return [Buffer.from(even), Buffer.from(even).swap16()].some((bytes) => {
    const text = bytes.toString("utf16le");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no text has
    return /[\r\n]/.test(text) && !/[\0-\x08\x0e-\x1f\ufffe\uffff]/.test(text) && text.slice(0, -1).isWellFormed();
  });
}

const gbk = new TextDecoder("gbk", { fatal: true });

/** Is no line beyond ASCII UTF-8, and each of them GBK? The last one may be cut. */
function isGbk(head: Buffer): boolean {
  if (head.includes(0) || isUtf8(wholeCharacters(head))) return false;
  const lines = head.toString("latin1").split(/[\r\n]+/);
  if (head.length >= HEAD_BYTES) lines.pop();
  const foreign = lines.filter((line) => /[\x80-\xff]/.test(line)).map((line) => Buffer.from(line, "latin1"));
  return foreign.length > 0 && foreign.every((line) => !isUtf8(line) && readsAsGbk(line));
}

/** With Chinese or Japanese characters among them. */
export function readsAsGbk(bytes: Uint8Array): boolean {
  try {
    return /[\u3040-\u30ff\u4e00-\u9fff]/.test(gbk.decode(bytes));
  } catch {
    return false;
  }
}

/** `head` without a character that its cut may have halved. */
function wholeCharacters(head: Buffer): Buffer {
  if (head.length < HEAD_BYTES) return head;
  let end = head.length;
  while (end > head.length - 4 && (head[end - 1]! & 0xc0) === 0x80) end--;
  return head.subarray(0, end - 1);
}

export interface Peeked {
  /** The first bytes, as many as were asked for unless there are fewer. */
  readonly head: Buffer;
  /** All bytes, the first ones included. */
  readonly bytes: AsyncGenerator<Buffer>;
  /** Closes the source, even where nobody began to read `bytes`: a generator that never ran closes nothing. */
  close(): Promise<unknown>;
}

export async function peek(source: AsyncGenerator<Buffer>, count: number): Promise<Peeked> {
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
