/**
 * An append-only file of lines, the one truth of a bucket. A line is appended by one write and is in force from then on;
 * a process killed in the middle leaves a last line without its end, which the next start cuts off. A line is found
 * again by its locator, one number: offset × 65,536 + length in bytes.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from "node:fs";

export type Locator = number;

export interface Journal {
  append(line: string): Locator;
  read(locator: Locator): string;
  /** All lines in order. */
  replay(each: (line: string, locator: Locator) => void): void;
  /** Length in bytes. */
  readonly size: number;
  /** Replaces the file, as a whole or not at all, by what `write` adds; locators of before are void. */
  rewrite(write: (add: (line: string) => void) => void): void;
  close(): void;
}

const SPAN = 65_536;
const CHUNK = 4 * 1024 * 1024;
const NEWLINE = 0x0a;

export const bytesOf = (locator: Locator): number => locator % SPAN;

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/** Calls `each` for every whole line; returns the offset after the last one. */
function scan(fd: number, each: (line: string, locator: Locator) => void): number {
  let carry: Buffer = Buffer.alloc(0);
  let position = 0;
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (;;) {
    const count = readSync(fd, chunk, 0, CHUNK, position + carry.length);
    if (count === 0) return position;
    const bytes = carry.length === 0 ? chunk.subarray(0, count) : Buffer.concat([carry, chunk.subarray(0, count)]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      each(bytes.toString("utf8", start, end), (position + start) * SPAN + (end - start));
      start = end + 1;
    }
    position += start;
    carry = Buffer.from(bytes.subarray(start));
  }
}

export function openJournal(path: string): Journal {
  let fd = openSync(path, "a+");
  closeSync(fd);
  fd = openSync(path, "r+");
  let size = scan(fd, () => {});
  if (fstatSync(fd).size !== size) ftruncateSync(fd, size);
  const reading = Buffer.allocUnsafe(SPAN);
  let isOpen = true;

  return {
    get size() {
      return size;
    },
    append(line) {
      // A closed descriptor's number may by now be another file's.
      if (!isOpen) throw new Error("the journal is closed");
      const bytes = Buffer.from(`${line}\n`);
      const length = bytes.length - 1;
      if (length >= SPAN) throw new RangeError(`a journal line of ${length} bytes is longer than ${SPAN - 1}`);
      try {
        writeAll(fd, bytes, size);
      } catch (cause) {
        ftruncateSync(fd, size);
        throw cause;
      }
      const locator = size * SPAN + length;
      size += bytes.length;
      return locator;
    },
    read(locator) {
      const length = locator % SPAN;
      readSync(fd, reading, 0, length, Math.floor(locator / SPAN));
      return reading.toString("utf8", 0, length);
    },
    replay(each) {
      scan(fd, each);
    },
    rewrite(write) {
      const beside = `${path}.new`;
      const next = openSync(beside, "w");
      let position = 0;
      let pending: string[] = [];
      let pendingLength = 0;
      const flush = () => {
        const bytes = Buffer.from(pending.join(""));
        writeAll(next, bytes, position);
        position += bytes.length;
        pending = [];
        pendingLength = 0;
      };
      write((line) => {
        pending.push(`${line}\n`);
        pendingLength += line.length;
        if (pendingLength > CHUNK) flush();
      });
      flush();
      closeSync(next);
      renameSync(beside, path);
      closeSync(fd);
      fd = openSync(path, "r+");
      size = position;
    },
    close() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}
