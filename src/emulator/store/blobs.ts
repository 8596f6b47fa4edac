/**
 * The bytes of objects and parts. Small ones share a file, a pack, because making a file costs more than filling it;
 * large ones have a file each. Bytes are written before the journal line that names them, and given up after the line
 * that drops them, so a process killed between the two leaves bytes nobody names, never a name without its bytes; the
 * next start sweeps them away. A pack goes when nothing in it is named any more.
 *
 * Writes and small reads are synchronous: into the page cache they take microseconds, less than a trip through the
 * thread pool, and one process then serves thousands of small objects a second. Large reads are asynchronous.
 */
import { closeSync, copyFileSync, linkSync, openSync, read, readSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { type BlobId, openBlobFiles } from "./blob-files.ts";

export type { BlobId } from "./blob-files.ts";

/** A run of bytes in a blob. */
export interface Extent {
  readonly blob: BlobId;
  readonly start: number;
  readonly length: number;
}

export interface BlobWriter {
  write(chunk: Uint8Array): void;
  finish(): Extent;
  /** Gives up what was written so far. */
  abandon(): void;
}

/** What of one blob is named by somebody. */
export interface Tenancy {
  extents: number;
  bytes: number;
}

export interface Blobs {
  /** A file of its own, for a body that comes in pieces. */
  create(): BlobWriter;
  write(bytes: Uint8Array): Extent;
  /** The bytes of an extent of another store, here. */
  adopt(from: Blobs, extent: Extent): Extent;
  pathOf(blob: BlobId): string;
  readWhole(extents: readonly Extent[]): Buffer;
  /** The bytes of `extents`, 256 KiB at a time; they stay readable until the walk is over, whatever is dropped. */
  stream(extents: readonly Extent[]): AsyncIterable<Buffer>;
  drop(extents: readonly Extent[]): void;
  /** At the start: removes what nobody names. Returns the packs that are mostly garbage. */
  sweep(named: ReadonlyMap<BlobId, Tenancy>): ReadonlySet<BlobId>;
  close(): void;
}

const PACKED_BYTES = 128 * 1024;
const PACK_BYTES = 64 * 1024 * 1024;
const WORTH_REPACKING_BYTES = 4 * 1024 * 1024;
const CHUNK = 256 * 1024;
const readAsync = promisify(read);

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

const endsEarly = (blob: BlobId, at: number) => new Error(`the stored bytes of blob ${blob} end at ${at}`);

export function openBlobs(directory: string): Blobs {
  const files = openBlobFiles(directory);
  /** Number of named extents by pack; a blob that is not here holds one. */
  const tenants = new Map<BlobId, number>();
  let pack: { readonly blob: BlobId; readonly fd: number; size: number } | undefined;

  function sealPack(): void {
    if (!pack) return;
    closeSync(pack.fd);
    const { blob } = pack;
    pack = undefined;
    if (tenants.get(blob) === 0) removeFile(blob);
  }

  function removeFile(blob: BlobId): void {
    tenants.delete(blob);
    files.remove(blob);
  }

  function writeToPack(bytes: Uint8Array): Extent {
    if (pack && pack.size + bytes.length > PACK_BYTES) sealPack();
    if (!pack) {
      const { blob, path } = files.next();
      pack = { blob, fd: openSync(path, "wx"), size: 0 };
      tenants.set(blob, 0);
    }
    const { blob, size } = pack;
    writeAll(pack.fd, bytes, size);
    pack.size += bytes.length;
    tenants.set(blob, (tenants.get(blob) ?? 0) + 1);
    return { blob, start: size, length: bytes.length };
  }

  function create(): BlobWriter {
    const { blob, path } = files.next();
    const fd = openSync(path, "wx");
    let length = 0;
    let isOpen = true;
    const close = () => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    };
    return {
      write(chunk) {
        writeAll(fd, chunk, length);
        length += chunk.length;
      },
      finish() {
        close();
        return { blob, start: 0, length };
      },
      abandon() {
        close();
        removeFile(blob);
      },
    };
  }

  function write(bytes: Uint8Array): Extent {
    if (bytes.length <= PACKED_BYTES) return writeToPack(bytes);
    const writer = create();
    try {
      writer.write(bytes);
      return writer.finish();
    } catch (error) {
      writer.abandon();
      throw error;
    }
  }

  function readWhole(extents: readonly Extent[]): Buffer {
    let total = 0;
    for (const extent of extents) total += extent.length;
    const bytes = Buffer.allocUnsafe(total);
    let at = 0;
    for (const { blob, start, length } of extents) {
      const isPacked = tenants.has(blob);
      const fd = isPacked ? files.reader(blob) : openSync(files.pathOf(blob), "r");
      try {
        for (let done = 0; done < length; ) {
          const count = readSync(fd, bytes, at + done, length - done, start + done);
          if (count === 0) throw endsEarly(blob, start + done);
          done += count;
        }
      } finally {
        if (!isPacked) closeSync(fd);
      }
      at += length;
    }
    return bytes;
  }

  async function* walk(extents: readonly Extent[], release: () => void): AsyncGenerator<Buffer, undefined> {
    try {
      for (const { blob, start, length } of extents) {
        const fd = openSync(files.pathOf(blob), "r");
        try {
          for (let done = 0; done < length; ) {
            const chunk = Buffer.allocUnsafe(Math.min(CHUNK, length - done));
            const { bytesRead } = await readAsync(fd, chunk, 0, chunk.length, start + done);
            if (bytesRead === 0) throw endsEarly(blob, start + done);
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

  return {
    create,
    write,
    pathOf: files.pathOf,
    readWhole,
    adopt(from, extent) {
      // Files are never changed once they are whole, so a second name is as good as a copy.
      if (extent.length <= PACKED_BYTES) return writeToPack(from.readWhole([extent]));
      const { blob, path } = files.next();
      try {
        linkSync(from.pathOf(extent.blob), path);
      } catch {
        copyFileSync(from.pathOf(extent.blob), path);
      }
      return { blob, start: extent.start, length: extent.length };
    },
    stream(extents) {
      // Pinned here and not in the walk: what is dropped between this call and the first read must stay readable.
      for (const { blob } of extents) files.pin(blob);
      let pinned = true;
      const release = () => {
        if (pinned) for (const { blob } of extents) files.unpin(blob);
        pinned = false;
      };
      const chunks = walk(extents, release);
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
    drop(extents) {
      for (const { blob } of extents) {
        const left = (tenants.get(blob) ?? 1) - 1;
        if (left > 0 || blob === pack?.blob) tenants.set(blob, left);
        else removeFile(blob);
      }
    },
    sweep(named) {
      const sparse = new Set<BlobId>();
      for (const { blob, size } of files.all()) {
        const tenancy = named.get(blob);
        if (!tenancy) {
          files.remove(blob);
          continue;
        }
        if (tenancy.extents > 1) tenants.set(blob, tenancy.extents);
        if (size > WORTH_REPACKING_BYTES && tenancy.bytes * 2 < size) sparse.add(blob);
      }
      return sparse;
    },
    close() {
      sealPack();
      files.close();
    },
  };
}
