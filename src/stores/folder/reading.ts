/** What lies under a key: its file, and what is known of it. */
import { constants } from "node:fs";
import { dirname } from "node:path";
import type { ObjectInfo } from "../../objects/bucket.ts";
import { createHashes } from "./body.ts";
import { refusal } from "./fault.ts";
import { errnoOf, type FileHandle, type Files, orMissing } from "./files.ts";
import { namesOfKey } from "./names/key-path.ts";
import { type About, type Sidecars, sameVersion, type Version } from "./sidecar.ts";
import type { Ways } from "./ways.ts";

export interface Opened {
  readonly handle: FileHandle;
  readonly about: About;
  readonly version: Version;
}

/** Never through a link, and never held up by a pipe. */
const readOnly = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** An object is replaced between two looks at it; so often in a row, somebody does it without end. */
const tries = 100;

const hashedAtOnce = 1024 * 1024;

export type Reading = ReturnType<typeof createReading>;

export function createReading(files: Files, ways: Ways, sidecars: Sidecars) {
  /** Of a file that nobody told us of: a person put it there, or edited it. Undefined where it changes meanwhile. */
  async function readAbout(
    handle: FileHandle,
    key: string,
    version: Version,
    signal: AbortSignal | undefined,
    what: string,
  ): Promise<About | undefined> {
    const hashes = createHashes();
    const buffer = Buffer.allocUnsafe(hashedAtOnce);
    for (let at = 0; ; ) {
      if (signal?.aborted) throw refusal("RequestAborted", what, "given up because the caller asked to");
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) break;
      hashes.update(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    if (!sameVersion(version, await handle.stat({ bigint: true }))) return undefined;
    const { md5, crc64 } = hashes.digests();
    return { key, etag: md5, crc64, headers: { "content-type": "application/octet-stream" } };
  }

  async function open(key: string, what: string, signal?: AbortSignal): Promise<Opened> {
    const names = namesOfKey(key);
    const path = ways.pathOf(...names);
    for (let n = 0; n < tries; n++) {
      await ways.look(dirname(path), what);
      const handle = await files.open(path, readOnly);
      let keep = false;
      try {
        const stat = await handle.stat({ bigint: true });
        if (!stat.isFile()) throw noSuchKey(what);
        const known = await sidecars.read(names, stat);
        const about = known ?? (await unknown(handle, stat));
        if (about !== undefined) {
          keep = true;
          return { handle, about, version: stat };
        }
      } finally {
        if (!keep) await handle.close();
      }
    }
    throw refusal("DiskFailed", what, "the object is replaced without end");

    async function unknown(handle: FileHandle, version: Version): Promise<About | undefined> {
      // Its sidecar may just have gone with it, because it was replaced.
      const now = await orMissing(files.lstat(path, { bigint: true }));
      if (now === undefined || !sameVersion(now, version)) return undefined;
      const about = await readAbout(handle, key, version, signal, what);
      // Where nothing can be written, it is read again each time.
      if (about !== undefined) await sidecars.write(names, version, about, what).catch(() => false);
      return about;
    }
  }

  /** What a listing tells of a file; without `about` where nothing is known. Undefined where it is gone. */
  async function glance(
    key: string,
  ): Promise<{ readonly about: About | undefined; readonly version: Version } | undefined> {
    const names = namesOfKey(key);
    const path = ways.pathOf(...names);
    let version = await orMissing(files.lstat(path, { bigint: true }));
    for (let n = 0; n < tries && version?.isFile() === true; n++) {
      const about = await sidecars.read(names, version);
      if (about !== undefined) return { about, version };
      const now = await orMissing(files.lstat(path, { bigint: true }));
      if (now !== undefined && sameVersion(now, version)) return { about: undefined, version };
      version = now;
    }
    return undefined;
  }

  /** Nobody asks for what is not there but to put it there: what can't be is said now, and not when its bytes were paid for. */
  async function mayBePut(path: string, what: string): Promise<void> {
    await ways.mayHold(dirname(path), what);
    const there = await files.lstat(path).catch(ifNotThere);
    if (there?.isDirectory() === true) {
      throw refusal("FolderObstructed", what, `the folder ${path} lies where the object's file has to; move it away`);
    }
  }

  /** @throws BucketError `NoSuchKey` */
  async function found<T>(what: string, look: () => Promise<T>): Promise<T> {
    try {
      return await look();
    } catch (thrown) {
      // A link is no object, and neither is a folder.
      if (notThere.has(errnoOf(thrown) ?? "")) throw noSuchKey(what, thrown);
      throw thrown;
    }
  }

  return {
    glance,
    /** To be closed by who asks. */
    open: (key: string, what: string, signal?: AbortSignal): Promise<Opened> =>
      found(what, () => open(key, what, signal)),
    async head(key: string, what: string, signal?: AbortSignal): Promise<Omit<Opened, "handle">> {
      return found(what, async () => {
        const path = ways.pathOf(...namesOfKey(key));
        const known = await ways
          .look(dirname(path), what)
          .then(() => glance(key))
          .catch(ifNotThere);
        if (known === undefined) {
          await mayBePut(path, what);
          throw noSuchKey(what);
        }
        const { about, version } = known;
        if (about !== undefined) return { about, version };
        const opened = await open(key, what, signal);
        await opened.handle.close();
        return opened;
      });
    },
  };
}

const notThere = new Set(["ENOENT", "ELOOP", "EISDIR", "ENOTDIR", "ENXIO"]);

function ifNotThere(thrown: unknown): undefined {
  if (!notThere.has(errnoOf(thrown) ?? "")) throw thrown;
}
const noSuchKey = (what: string, cause?: unknown) => refusal("NoSuchKey", what, "there is no such object", cause);

/** Whole milliseconds since the epoch. */
export const millisecondsOf = ({ mtimeNs }: Version): number => Number(mtimeNs / 1_000_000n);

/** As COS would say it. */
export function infoOf(status: number, about: About, version: Version, length = Number(version.size)): ObjectInfo {
  const lastModified = millisecondsOf(version);
  return {
    status,
    headers: {
      ...about.headers,
      "content-length": String(length),
      etag: `"${about.etag}"`,
      "x-cos-hash-crc64ecma": about.crc64,
      "last-modified": new Date(lastModified).toUTCString(),
    },
    size: length,
    etag: about.etag,
    crc64: about.crc64,
    lastModified,
  };
}
