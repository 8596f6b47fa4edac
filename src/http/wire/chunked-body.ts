/** A body in chunks (RFC 9112, 7.1), taken apart as its bytes arrive, in pieces of any size. Extensions and trailers are passed over. */
import { malformedHttp } from "../exchange/fault.ts";

export interface ChunkedBody {
  /**
   * Takes bytes from `at` on and hands on what is the body's. Returns where it stopped: after the body's end, or at the end of
   * `bytes`.
   * @throws Fault `MalformedHttp`
   */
  take(bytes: Buffer, at: number, onData: (data: Buffer) => void): number;
  /** The last chunk and its trailers are through. */
  readonly ended: boolean;
}

/** A line is a chunk's size, or a trailer. */
const LONGEST_LINE = 8 * 1024;
const CR = 0x0d;
const LF = 0x0a;

/** @param longestTrailers bytes of trailers that are taken */
export function createChunkedBody(longestTrailers: number): ChunkedBody {
  let state: "size" | "data" | "data-end" | "trailer" | "ended" = "size";
  let left = 0;
  let line = "";
  let trailers = 0;

  /** The line that ends in these bytes, without its CRLF; undefined where it goes on in the next. */
  const takeLine = (bytes: Buffer, at: number): { readonly text: string; readonly next: number } | undefined => {
    const end = bytes.indexOf(LF, at);
    line += bytes.toString("latin1", at, end < 0 ? bytes.length : end);
    if (line.length > LONGEST_LINE) throw malformedHttp("a chunk of the reply's body has no size");
    if (end < 0) return undefined;
    if (line.charCodeAt(line.length - 1) !== CR)
      throw malformedHttp("a line between the chunks of the reply does not end in CRLF");
    const text = line.slice(0, -1);
    line = "";
    return { text, next: end + 1 };
  };

  return {
    get ended() {
      return state === "ended";
    },
    take(bytes, from, onData) {
      let at = from;
      while (at < bytes.length && state !== "ended") {
        if (state === "data") {
          const end = Math.min(bytes.length, at + left);
          onData(bytes.subarray(at, end));
          left -= end - at;
          at = end;
          if (left === 0) state = "data-end";
          continue;
        }
        const taken = takeLine(bytes, at);
        if (taken === undefined) return bytes.length;
        at = taken.next;
        const { text } = taken;
        if (state === "data-end") {
          if (text !== "") throw malformedHttp("a chunk of the reply's body is longer than it said");
          state = "size";
        } else if (state === "size") {
          const size = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(text)?.[1];
          if (size === undefined) throw malformedHttp("a chunk of the reply's body has no size");
          left = Number.parseInt(size, 16);
          state = left === 0 ? "trailer" : "data";
        } else if (text === "") state = "ended";
        else {
          trailers += text.length;
          if (trailers > longestTrailers) throw malformedHttp("the reply's trailers are without end");
        }
      }
      return at;
    },
  };
}
