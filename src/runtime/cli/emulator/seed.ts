/** Puts the files of a folder into a bucket of the emulator: somebody's own pictures, to try things with. */
import { createReadStream } from "node:fs";
import { opendir, stat, statfs } from "node:fs/promises";
import { extname, join } from "node:path";
import pLimit from "p-limit";
import type { Bucket } from "../../../objects/bucket.ts";
import { formatBytes } from "../../../report/quantity.ts";
import { formatCount } from "../../../vocabulary/counted.ts";
import { ensureError, quote, UserError } from "../../../vocabulary/errors.ts";
import { maxKeyBytes, putLimit } from "../../../vocabulary/limits.ts";

export interface Seeded {
  readonly objects: number;
  readonly bytes: number;
  /** What is no file of its own (links, sockets), and what no object can be: keys above 850 bytes, names that are no UTF-8, above 5 GB. */
  readonly passedOver: number;
}

export interface SeedOptions {
  readonly folder: string;
  readonly bucket: Pick<Bucket, "name" | "put">;
  /** Where the emulator keeps its objects: its disk must have room for them. */
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly onProgress: (seeded: Seeded) => void;
  /** Default 100,000: whoever names the wrong folder finds out before it is copied. */
  readonly mostFiles?: number;
}

/** Files that are read at once. */
const atOnce = 8;
/** Of the disk's free bytes this part is left. */
const leftOfDisk = 0.1;

const contentTypes: Readonly<Record<string, string>> = {
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".png": "image/png",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".bmp": "image/bmp",
  ".heif": "image/heif",
  ".heic": "image/heic",
};

/**
 * Each file under its path within the folder, with slashes; streamed, so that memory stays flat. Ends early where `signal` aborts. Throws
 * UserError `InvalidSetting` for a folder that can't be read, holds too many files or more than the disk takes.
 */
export async function seedBucket(options: SeedOptions): Promise<Seeded> {
  const { folder, bucket, dataDir, signal, onProgress, mostFiles = 100_000 } = options;
  const files: { readonly key: string; readonly path: string; readonly size: number }[] = [];
  let passedOver = 0;
  for await (const { key, isFile } of walk(folder, "")) {
    const path = join(folder, key);
    const size = isFile && isKey(key) ? (await stat(path)).size : Number.POSITIVE_INFINITY;
    if (size > putLimit) passedOver++;
    else files.push({ key, path, size });
    if (files.length > mostFiles) {
      throw refused(folder, `holds more than ${formatCount(mostFiles)} files; name a smaller folder`);
    }
  }
  const all = files.reduce((sum, { size }) => sum + size, 0);
  const { bavail, bsize } = await statfs(dataDir);
  const room = Math.floor(bavail * bsize * (1 - leftOfDisk));
  if (all > room) {
    throw refused(
      folder,
      `holds ${formatBytes(all)}, and the disk of ${quote(dataDir)} has room for ${formatBytes(room)}; name a smaller folder, or another disk with --data`,
    );
  }
  let seeded: Seeded = { objects: 0, bytes: 0, passedOver };
  await pLimit(atOnce).map(files, async ({ key, path, size }) => {
    if (signal.aborted) return;
    const contentType = contentTypes[extname(key).toLowerCase()] ?? "application/octet-stream";
    try {
      const body = size === 0 ? Buffer.alloc(0) : createReadStream(path);
      await bucket.put(key, body, { contentLength: size, headers: { "content-type": contentType }, signal });
    } catch (thrown) {
      if (signal.aborted) return;
      throw refused(folder, `: ${quote(key)} could not be put into ${bucket.name}: ${ensureError(thrown).message}`);
    }
    seeded = { ...seeded, objects: seeded.objects + 1, bytes: seeded.bytes + size };
    onProgress(seeded);
  });
  return seeded;
}

/** `key` as it would be. A link is not followed: it may lead anywhere, and in circles. */
async function* walk(
  folder: string,
  below: string,
): AsyncGenerator<{ readonly key: string; readonly isFile: boolean }> {
  const opened = await opendir(join(folder, below)).catch((thrown: unknown) => {
    throw refused(folder, `can't be read: ${ensureError(thrown).message}`);
  });
  for await (const entry of opened) {
    const key = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(folder, key);
    else yield { key, isFile: entry.isFile() };
  }
}

/** Names that are no UTF-8 are read with this in place of what is wrong. */
const isKey = (key: string) => !key.includes("\uFFFD") && Buffer.byteLength(key) <= maxKeyBytes;

function refused(folder: string, why: string): UserError {
  return new UserError(
    "InvalidSetting",
    `--seed ${quote(folder)}${why.startsWith(":") ? "" : " "}${why}.`.replace(/\.\.$/, "."),
  );
}
