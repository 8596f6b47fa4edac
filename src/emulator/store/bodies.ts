/**
 * The bytes of objects and parts, in files that are only ever appended to. Bodies share one where they can, because making
 * a file costs many times what filling it does. Bytes are written before the line of the log that names them, and a file
 * goes when nobody holds it any more: no row, nobody who writes or reads it. So a process killed in between leaves bytes
 * that nobody names, never a name without its bytes, and the next start sweeps them away.
 *
 * All is synchronous: to and from the page cache bytes take less than a trip through the thread pool.
 */
import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, readdirSync, readSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeAt } from "./log.ts";

/** Bytes, as runs in files, laid end to end. */
export type Body = readonly { readonly file: string; readonly start: number; readonly length: number }[];

export type Bodies = ReturnType<typeof openBodies>;
export type BodyWriter = ReturnType<Bodies["create"]>;

/** What bodies share a file up to. */
const SHARED_BYTES = 4 * 1024 * 1024;
const CHUNK = 256 * 1024;

export const lengthOf = (body: Body): number => body.reduce((sum, { length }) => sum + length, 0);

/** `length` bytes of a body from `start` on. */
export function clip(body: Body, start: number, length: number): Body {
  let at = 0;
  return body.flatMap((run) => {
    const from = Math.max(start - at, 0);
    const to = Math.min(start + length - at, run.length);
    at += run.length;
    return to > from ? [{ file: run.file, start: run.start + from, length: to - from }] : [];
  });
}

export function openBodies(directory: string) {
  mkdirSync(directory, { recursive: true });
  const pathOf = (file: string) => join(directory, file);
  const holders = new Map<string, number>();
  let isSwept = false;

  function hold(body: Body): void {
    for (const { file } of body) holders.set(file, (holders.get(file) ?? 0) + 1);
  }

  function release(body: Body): void {
    for (const { file } of body) {
      const left = (holders.get(file) ?? 1) - 1;
      if (left > 0) holders.set(file, left);
      else remove(file);
    }
  }

  function remove(file: string): void {
    holders.delete(file);
    if (isSwept) rmSync(pathOf(file), { force: true });
  }

  /** A file of its own, for a body that comes in pieces; held until what `finish` returns is released. */
  function create() {
    const file = randomUUID();
    const fd = openSync(pathOf(file), "wx");
    let size = 0;
    holders.set(file, 1);
    return {
      write(bytes: Uint8Array): Body {
        writeAt(fd, bytes, size);
        size += bytes.length;
        return [{ file, start: size - bytes.length, length: bytes.length }];
      },
      finish(): Body {
        closeSync(fd);
        return [{ file, start: 0, length: size }];
      },
    };
  }

  let shared: BodyWriter | undefined;
  function close(): void {
    if (shared) release(shared.finish());
    shared = undefined;
  }

  function read(body: Body): Buffer {
    const bytes = Buffer.allocUnsafe(lengthOf(body));
    let at = 0;
    for (const { file, start, length } of body) {
      const fd = openSync(pathOf(file), "r");
      try {
        const count = readSync(fd, bytes, at, length, start);
        if (count < length) throw new Error(`the stored bytes of ${file} end at ${start + count}`);
      } finally {
        closeSync(fd);
      }
      at += length;
    }
    return bytes;
  }

  return {
    create,
    hold,
    release,
    read,
    /** To a file shared with others; held until the caller releases it. */
    write(bytes: Uint8Array): Body {
      if (bytes.length === 0) return [];
      shared ??= create();
      const body = shared.write(bytes);
      hold(body);
      if (body[0]!.start > SHARED_BYTES) close();
      return body;
    },
    /** 256 KiB at a time; held until the walk is over. */
    async *stream(body: Body): AsyncGenerator<Buffer, void> {
      hold(body);
      try {
        const length = lengthOf(body);
        for (let at = 0; at < length; at += CHUNK) yield read(clip(body, at, CHUNK));
      } finally {
        release(body);
      }
    },
    /**
     * Removes the files that nobody holds, and from then on those that are let go. Not before: while a log is read, a later
     * line may name a file that an earlier one let go.
     */
    sweep(): void {
      isSwept = true;
      for (const file of readdirSync(directory)) if (!holders.has(file)) remove(file);
    },
    close,
  };
}
