/**
 * An append-only file of lines. A line is appended by one write and in force from then on; a process killed in the middle
 * of it leaves a line without its end, which the next line overwrites. (A power failure may lose the last seconds: nothing
 * is fsynced.)
 */
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";

export type Log = ReturnType<typeof openLog>;

const CHUNK = 1024 * 1024;
const NEWLINE = 0x0a;

/** What is written in part only, on a full disk, is overwritten by whatever comes next. */
export function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  const written = writeSync(fd, bytes, 0, bytes.length, position);
  if (written < bytes.length)
    throw new Error(`only ${written} of ${bytes.length} bytes could be written: the disk is full`);
}

/** `each` is told of every whole line there is, in order. */
export function openLog(path: string, each: (line: string) => void) {
  let fd = openSync(path, constants.O_RDWR | constants.O_CREAT);
  /** Of whole lines, in bytes. */
  let size = 0;
  let rest = Buffer.alloc(0);
  for (const chunk = Buffer.alloc(CHUNK); ; ) {
    const count = readSync(fd, chunk, 0, CHUNK, size + rest.length);
    if (count === 0) break;
    const bytes = Buffer.concat([rest, chunk.subarray(0, count)]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      each(bytes.toString("utf8", start, end));
      start = end + 1;
    }
    size += start;
    rest = bytes.subarray(start);
  }

  return {
    append(line: string): void {
      const bytes = Buffer.from(`${line}\n`);
      writeAt(fd, bytes, size);
      size += bytes.length;
    },
    close(): void {
      closeSync(fd);
      // Its number may soon be another file's, and a request may still be under way.
      fd = -1;
    },
  };
}
