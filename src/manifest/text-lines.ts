/**
 * Cuts text into lines, many at a time: a block is decoded once and split once, which is several times faster than line
 * by line. Lines end with LF; a CR before it stays, for CSV, where it may be data. A line that is too long is not held,
 * and one that is not UTF-8 spoils no other.
 */
import { isUtf8 } from "node:buffer";
import { readsAsGbk } from "./plain-text.ts";

/** More than any row needs: a key has 850 bytes, and 2,550 URL-encoded. */
export const maxEntryBytes = 64 * 1024;

/** As many bytes of what can't be read are kept for its report. */
const SAMPLE_BYTES = 1024;

export interface UnreadableLine {
  readonly problem: string;
  /** How it begins. */
  readonly sample: string;
}

export type Line = string | UnreadableLine;

export interface LineBlock {
  /** The number of `lines[0]`, from 1. */
  readonly firstLine: number;
  readonly lines: readonly Line[];
}

const LF = 10;

export async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<LineBlock> {
  let firstLine = 1;
  /** A line that has begun: its bytes, or, where it is too long, its beginning. */
  let begun: Buffer[] = [];
  let begunBytes = 0;

  const begin = (bytes: Buffer) => {
    if (bytes.length === 0) return;
    const already = begunBytes;
    begunBytes += bytes.length;
    if (begunBytes <= maxEntryBytes) begun.push(bytes);
    else if (already <= maxEntryBytes) begun = [sampleOf([...begun, bytes])];
  };
  const finish = (): Line => {
    const line = begunBytes > maxEntryBytes ? tooLong(begun[0]!) : decode(Buffer.concat(begun));
    begun = [];
    begunBytes = 0;
    return line;
  };

  for await (const chunk of source) {
    const last = chunk.lastIndexOf(LF);
    if (last === -1) {
      begin(chunk);
      continue;
    }
    const first = begunBytes === 0 ? -1 : chunk.indexOf(LF);
    let lines: Line[] = [];
    if (first !== -1) {
      begin(chunk.subarray(0, first));
      lines.push(finish());
    }
    if (last > first) {
      const rest = splitBlock(chunk.subarray(first + 1, last));
      lines = lines.length === 0 ? rest : lines.concat(rest);
    }
    begin(chunk.subarray(last + 1));
    yield { firstLine, lines };
    firstLine += lines.length;
  }
  if (begunBytes > 0) yield { firstLine, lines: [finish()] };
}

/** The line without the CR of a CRLF. */
export function withoutCr(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** `bytes` hold whole lines; the last one's LF is left out. */
function splitBlock(bytes: Buffer): Line[] {
  if (!isUtf8(bytes)) return splitBytes(bytes);
  const lines: Line[] = bytes.toString("utf8").split("\n");
  // A UTF-16 unit is at most three bytes of UTF-8: only a line that might be too long is measured.
  if (bytes.length > maxEntryBytes) {
    for (let index = 0; index < lines.length; index++) {
      const line = lines[index] as string;
      if (line.length * 3 > maxEntryBytes && Buffer.byteLength(line) > maxEntryBytes) {
        lines[index] = tooLong(Buffer.from(line.slice(0, SAMPLE_BYTES)));
      }
    }
  }
  return lines;
}

function splitBytes(bytes: Buffer): Line[] {
  const lines: Line[] = [];
  let start = 0;
  while (start <= bytes.length) {
    const found = bytes.indexOf(LF, start);
    const end = found === -1 ? bytes.length : found;
    const line = bytes.subarray(start, end);
    lines.push(line.length > maxEntryBytes ? tooLong(line) : decode(line));
    start = end + 1;
  }
  return lines;
}

function decode(bytes: Buffer): Line {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const problem = readsAsGbk(bytes)
    ? 'is not UTF-8, perhaps GBK; save the manifest as UTF-8 (a spreadsheet calls it "CSV UTF-8")'
    : "is not UTF-8";
  return { problem, sample: sampleText(bytes) };
}

function tooLong(beginning: Buffer): UnreadableLine {
  return { problem: `is longer than ${maxEntryBytes} bytes`, sample: sampleText(beginning) };
}

function sampleOf(parts: readonly Buffer[]): Buffer {
  return Buffer.from(Buffer.concat(parts).subarray(0, SAMPLE_BYTES));
}

/** How something unreadable begins, for a report: at most 200 characters, what is not UTF-8 replaced. */
export function sampleText(beginning: Buffer): string {
  return beginning.subarray(0, SAMPLE_BYTES).toString("utf8").slice(0, 200).toWellFormed();
}
