/** What a GET brings of an open file: whole, or as a stream; all of it, or a range; or why not, by its conditions (RFC 9110). */
import { Readable } from "node:stream";
import type { GetOptions, Headers, ObjectResponse } from "../../objects/bucket.ts";
import { nounOf } from "../../vocabulary/counted.ts";
import { faultOf, refusal } from "./fault.ts";
import type { FileHandle } from "./files.ts";
import { infoOf, type Opened } from "./reading.ts";

const readAtOnce = 256 * 1024;

interface Range {
  readonly start: number;
  readonly length: number;
}

/** Closes the file, at the latest when its stream has ended or was destroyed. */
export async function replyOf(opened: Opened, options: GetOptions, what: string): Promise<ObjectResponse> {
  const { handle, about, version } = opened;
  const size = Number(version.size);
  let isKept = false;
  try {
    checkConditions(options.headers ?? {}, about.etag, what);
    const range = rangeOf(options.headers?.range, size, what);
    const { start, length } = range ?? { start: 0, length: size };
    const whole = infoOf(range === undefined ? 200 : 206, about, version, length);
    const info =
      range === undefined
        ? whole
        : { ...whole, headers: { ...whole.headers, "content-range": `bytes ${start}-${start + length - 1}/${size}` } };
    if (length <= (options.bufferUpTo ?? 1024 * 1024)) {
      return { ...info, kind: "bytes", bytes: await readWhole(handle, start, length, what) };
    }
    isKept = true;
    return { ...info, kind: "stream", stream: streamOf(handle, start, length, options.signal, what) };
  } finally {
    if (!isKept) await handle.close();
  }
}

function checkConditions(headers: Headers, etag: string, what: string): void {
  const { "if-match": match, "if-none-match": noneMatch } = headers;
  if (match !== undefined && !names(match, etag)) {
    throw refusal("PreconditionFailed", what, `its ETag is ${etag}, and not as If-Match says`);
  }
  if (noneMatch !== undefined && names(noneMatch, etag)) throw refusal("NotModified", what, "the object is as it was");
}

const names = (list: string, etag: string): boolean =>
  list.trim() === "*" || list.split(",").some((each) => each.trim().replace(/^(?:W\/)?"(.*)"$/, "$1") === etag);

/** Undefined: all of it, as where the header is none, or names several ranges. */
function rangeOf(header: string | undefined, size: number, what: string): Range | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || end < start)
    throw refusal("InvalidRange", what, `it has ${size} ${nounOf(size, "byte")}, and none in ${header}`);
  return { start, length: end - start + 1 };
}

const cutShort = (what: string, got: number, length: number) =>
  refusal("IncompleteBody", what, `the file ended after ${got} of ${length} ${nounOf(length, "byte")}`);

async function readWhole(handle: FileHandle, start: number, length: number, what: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let got = 0; got < length; ) {
    const { bytesRead } = await handle.read(bytes, got, length - got, start + got);
    if (bytesRead === 0) throw cutShort(what, got, length);
    got += bytesRead;
  }
  return bytes;
}

function streamOf(
  handle: FileHandle,
  start: number,
  length: number,
  signal: AbortSignal | undefined,
  what: string,
): Readable {
  let got = 0;
  const stream: Readable = new Readable({
    highWaterMark: readAtOnce,
    read() {
      const wanted = Math.min(readAtOnce, length - got);
      handle.read(Buffer.allocUnsafe(wanted), 0, wanted, start + got).then(
        ({ bytesRead, buffer }) => {
          if (bytesRead === 0) {
            stream.destroy(cutShort(what, got, length));
            return;
          }
          got += bytesRead;
          stream.push(buffer.subarray(0, bytesRead));
          if (got === length) stream.push(null);
        },
        (thrown) => stream.destroy(faultOf(thrown, what) as Error),
      );
    },
    destroy(error, done) {
      signal?.removeEventListener("abort", giveUp);
      handle.close().then(
        () => done(error),
        () => done(error),
      );
    },
  });
  function giveUp(): void {
    stream.destroy(refusal("RequestAborted", what, "given up because the caller asked to"));
  }
  if (signal?.aborted) giveUp();
  else signal?.addEventListener("abort", giveUp, { once: true });
  return stream;
}
