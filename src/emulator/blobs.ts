/**
 * The bytes of objects and parts, one file each, named by a number that is never used twice: `blobs/<n / 1024>/<n>`.
 * A blob is written before the journal line that names it and removed after the line that drops it, so a process killed
 * between the two leaves bytes nobody names, never a name without its bytes; the next start sweeps them away.
 *
 * Writes and small reads are synchronous: into the page cache they take a few microseconds, less than a trip through the
 * thread pool, and one process then serves thousands of small objects a second. Large reads are asynchronous.
 */
import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export type BlobId = number;

/** A run of bytes: part of a blob. */
export interface Extent {
  readonly blob: BlobId;
  readonly start: number;
  readonly length: number;
}

export interface BlobWriter {
  readonly blob: BlobId;
  write(chunk: Uint8Array): void;
  finish(): void;
  /** Removes what was written; after finish as well. */
  discard(): void;
}

export interface Blobs {
  create(): BlobWriter;
  write(bytes: Uint8Array): BlobId;
  /** A new name for the bytes of another blob, which may lie in another bucket; blobs are never changed, so nothing is copied where the filesystem has links. */
  adopt(path: string): BlobId;
  pathOf(blob: BlobId): string;
  readWhole(extents: readonly Extent[]): Buffer;
  /** The bytes of `extents`, 256 KiB at a time; the blobs stay readable until the walk is over, whatever is removed. */
  stream(extents: readonly Extent[]): AsyncIterable<Buffer>;
  remove(blobs: readonly BlobId[]): void;
  /** Removes every blob that `isNamed` does not know, and starts counting after the largest. */
  sweep(isNamed: (blob: BlobId) => boolean): void;
}

const FANOUT = 1024;
const CHUNK = 256 * 1024;
const readAsync = promisify(read);

export function openBlobs(directory: string): Blobs {
  mkdirSync(directory, { recursive: true });
  let next = 1;
  let madeDirectory = -1;
  const pins = new Map<BlobId, number>();
  const removedWhilePinned = new Set<BlobId>();

  const folderOf = (blob: BlobId) => join(directory, Math.floor(blob / FANOUT).toString());
  const pathOf = (blob: BlobId) => join(folderOf(blob), blob.toString());

  function makeFolderOf(blob: BlobId): void {
    const folder = Math.floor(blob / FANOUT);
    if (folder === madeDirectory) return;
    mkdirSync(folderOf(blob), { recursive: true });
    madeDirectory = folder;
  }

  function openNew(blob: BlobId): number {
    makeFolderOf(blob);
    return openSync(pathOf(blob), "wx");
  }

  function unlink(blob: BlobId): void {
    rmSync(pathOf(blob), { force: true });
  }

  function unpin(blob: BlobId): void {
    const left = (pins.get(blob) ?? 1) - 1;
    if (left > 0) pins.set(blob, left);
    else {
      pins.delete(blob);
      if (removedWhilePinned.delete(blob)) unlink(blob);
    }
  }

  return {
    create() {
      const blob = next++;
      const fd = openNew(blob);
      let open = true;
      const close = () => {
        if (open) closeSync(fd);
        open = false;
      };
      return {
        blob,
        write(chunk) {
          for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done);
        },
        finish: close,
        discard() {
          close();
          unlink(blob);
        },
      };
    },

    write(bytes) {
      const blob = next++;
      const fd = openNew(blob);
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      } catch (cause) {
        unlinkSync(pathOf(blob));
        throw cause;
      } finally {
        closeSync(fd);
      }
      return blob;
    },

    pathOf,

    adopt(path) {
      const copy = next++;
      makeFolderOf(copy);
      try {
        linkSync(path, pathOf(copy));
      } catch {
        copyFileSync(path, pathOf(copy));
      }
      return copy;
    },

    readWhole(extents) {
      const total = extents.reduce((sum, extent) => sum + extent.length, 0);
      const bytes = Buffer.allocUnsafe(total);
      let at = 0;
      for (const { blob, start, length } of extents) {
        const fd = openSync(pathOf(blob), "r");
        try {
          for (let done = 0; done < length; ) {
            const count = readSync(fd, bytes, at + done, length - done, start + done);
            if (count === 0) throw new Error(`the stored body ${blob} ends at ${start + done} bytes`);
            done += count;
          }
        } finally {
          closeSync(fd);
        }
        at += length;
      }
      return bytes;
    },

    stream(extents) {
      // Pinned here and not in the walk: what is removed between this call and the first read must stay readable.
      for (const { blob } of extents) pins.set(blob, (pins.get(blob) ?? 0) + 1);
      let pinned = true;
      const release = () => {
        if (pinned) for (const { blob } of extents) unpin(blob);
        pinned = false;
      };
      const chunks = walk(extents, pathOf, release);
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => chunks.next(),
          async return() {
            await chunks.return(undefined);
            release();
            return { done: true, value: undefined };
          },
        }),
      };
    },

    remove(blobs) {
      for (const blob of blobs) {
        if (pins.has(blob)) removedWhilePinned.add(blob);
        else unlink(blob);
      }
    },

    sweep(isNamed) {
      for (const folder of readdirSync(directory)) {
        for (const name of readdirSync(join(directory, folder))) {
          const blob = Number(name);
          if (!Number.isSafeInteger(blob)) continue;
          if (blob >= next) next = blob + 1;
          if (!isNamed(blob)) unlink(blob);
        }
      }
    },
  };
}

async function* walk(
  extents: readonly Extent[],
  pathOf: (blob: BlobId) => string,
  release: () => void,
): AsyncGenerator<Buffer, undefined> {
  try {
    for (const { blob, start, length } of extents) {
      const fd = openSync(pathOf(blob), "r");
      try {
        for (let done = 0; done < length; ) {
          const chunk = Buffer.allocUnsafe(Math.min(CHUNK, length - done));
          const { bytesRead } = await readAsync(fd, chunk, 0, chunk.length, start + done);
          if (bytesRead === 0) throw new Error(`the stored body ${blob} ends at ${start + done} bytes`);
          done += bytesRead;
          yield bytesRead === chunk.length ? chunk : chunk.subarray(0, bytesRead);
        }
      } finally {
        closeSync(fd);
      }
    }
  } finally {
    release();
  }
  return undefined;
}
