/**
 * Files named by numbers, `<n / 1024>/<n>`, that can be removed while they are read: a pinned file goes when its last
 * pin does.
 */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

export type BlobId = number;

export interface BlobFiles {
  pathOf(blob: BlobId): string;
  /** A path for the next number, its folder made. */
  next(): { readonly blob: BlobId; readonly path: string };
  /** A descriptor for reading, kept open for the next time. */
  reader(blob: BlobId): number;
  remove(blob: BlobId): void;
  pin(blob: BlobId): void;
  unpin(blob: BlobId): void;
  /** Every file there is, with its size in bytes; numbers given out from now on are larger than all of them. */
  all(): Iterable<{ readonly blob: BlobId; readonly size: number }>;
  close(): void;
}

const FANOUT = 1024;
const READERS = 64;

export function openBlobFiles(directory: string): BlobFiles {
  mkdirSync(directory, { recursive: true });
  let last = 0;
  let madeFolder = -1;
  const pins = new Map<BlobId, number>();
  const removedWhilePinned = new Set<BlobId>();
  /** In the order of last use. */
  const readers = new Map<BlobId, number>();

  const folderOf = (blob: BlobId) => join(directory, Math.floor(blob / FANOUT).toString());
  const pathOf = (blob: BlobId) => join(folderOf(blob), blob.toString());

  function closeReader(blob: BlobId): void {
    const fd = readers.get(blob);
    if (fd === undefined) return;
    readers.delete(blob);
    closeSync(fd);
  }

  function unlink(blob: BlobId): void {
    closeReader(blob);
    rmSync(pathOf(blob), { force: true });
  }

  return {
    pathOf,
    next() {
      const blob = ++last;
      const folder = Math.floor(blob / FANOUT);
      if (folder !== madeFolder) {
        mkdirSync(folderOf(blob), { recursive: true });
        madeFolder = folder;
      }
      return { blob, path: pathOf(blob) };
    },
    reader(blob) {
      const known = readers.get(blob);
      const fd = known ?? openSync(pathOf(blob), "r");
      readers.delete(blob);
      readers.set(blob, fd);
      if (readers.size > READERS) {
        const [oldest] = readers.keys();
        closeReader(oldest!);
      }
      return fd;
    },
    remove(blob) {
      if (pins.has(blob)) removedWhilePinned.add(blob);
      else unlink(blob);
    },
    pin(blob) {
      pins.set(blob, (pins.get(blob) ?? 0) + 1);
    },
    unpin(blob) {
      const left = (pins.get(blob) ?? 1) - 1;
      if (left > 0) {
        pins.set(blob, left);
        return;
      }
      pins.delete(blob);
      if (removedWhilePinned.delete(blob)) unlink(blob);
    },
    *all() {
      for (const folder of readdirSync(directory)) {
        for (const name of readdirSync(join(directory, folder))) {
          const blob = Number(name);
          if (!Number.isSafeInteger(blob)) continue;
          last = Math.max(last, blob);
          yield { blob, size: statSync(join(directory, folder, name)).size };
        }
      }
    },
    close() {
      for (const blob of [...readers.keys()]) closeReader(blob);
    },
  };
}
