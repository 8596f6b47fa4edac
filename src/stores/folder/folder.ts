/**
 * A folder on a disk of this machine as one bucket: `file:///mnt/archive`. Objects are files whose names are made of their keys
 * (names/segment.ts), so that people find them; how they are written is told in commit.ts, what is kept beside them in opening.ts. Several
 * processes of one machine may use it at once.
 *
 * It has no storage classes, no encryption and no versions, and refuses to be asked for them; and it has no image service, so no original is
 * fetched from it.
 */
import type { Bucket, ObjectInfo } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import { type Log, silentLog } from "../../vocabulary/log.ts";
import { takeBody, type Written } from "./body.ts";
import { createCommits, type Described } from "./commit.ts";
import { createCopy } from "./copy.ts";
import { diskOf } from "./disk.ts";
import { createEntries } from "./entries.ts";
import { faultOf, refusal, subjectOf } from "./fault.ts";
import { type Files, machineFiles } from "./files.ts";
import { createListing } from "./listing.ts";
import { createUploads } from "./multipart.ts";
import { folderOffers } from "./offers.ts";
import { findFolder, holdsAny, openForWriting } from "./opening.ts";
import { createReading, infoOf } from "./reading.ts";
import { replyOf } from "./reply.ts";
import { checkKey, keptHeaders, refuseVersions, refuseWishes } from "./requests.ts";
import { createSidecars, type Version } from "./sidecar.ts";
import { createWays } from "./ways.ts";

export interface FolderOptions {
  /** The whole path: `/mnt/archive`. */
  readonly folder: string;
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  readonly log?: Log | undefined;
  /** The machine's, but for tests. */
  readonly files?: Files | undefined;
}

export interface FolderStore extends Bucket {
  /** Removes what is being written; what is still in flight fails. */
  close(): Promise<void>;
}

export function createFolderStore(options: FolderOptions): FolderStore {
  const { folder, clock, random, log = silentLog, files = machineFiles } = options;
  const address = `file://${folder.startsWith("/") ? "" : "/"}${folder}`;
  const subject = subjectOf(address);
  let isClosed = false;

  const reader = once(async () => {
    const found = await findFolder(files, folder, `${address} is opened`);
    const ways = createWays(files, found);
    const sidecars = createSidecars(files, ways);
    const reading = createReading(files, ways, sidecars);
    const page = createListing(ways, createEntries(files, clock.now), reading);
    return { ...found, ways, sidecars, reading, page };
  });

  const writer = once(async () => {
    const { ways, sidecars, reading, root } = await reader();
    const isNew = !(await holdsAny(files, root));
    const { temporaries, links } = await openForWriting(files, ways, { random }, address);
    const { lacks } = diskOf(await files.statfs(ways.pathOf()), process.platform, links);
    for (const lack of isNew ? [holdsNothing, ...lacks] : lacks) log.warn(`The folder ${lack}.`, { folder: address });
    const commits = createCommits(files, ways, sidecars, () => links);
    const uploads = createUploads(files, ways, temporaries.next, random);
    const copy = createCopy(files, ways, reading, temporaries.next);
    await uploads.removeAbandoned(clock.now());
    return { temporaries, links, commits, uploads, copy };
  });

  /** What goes wrong in it is a bucket's error. */
  async function request<T>(
    method: string,
    key: string | undefined,
    signal: AbortSignal | undefined,
    work: (what: string) => Promise<T>,
  ): Promise<T> {
    const what = subject(method, key);
    if (signal?.aborted) throw refusal("RequestAborted", what, "given up because the caller asked to");
    if (isClosed) throw refusal("ClientClosed", what, "the folder was closed");
    if (key !== undefined) checkKey(key, what);
    try {
      return await work(what);
    } catch (thrown) {
      const fault = faultOf(thrown, what);
      // Nothing is there of a disk that is not mounted any more.
      if (isBucketError(fault) && fault.code === "NoSuchKey") await (await reader()).mustBeThere(what);
      throw fault;
    }
  }

  async function commit(written: Written, described: Described, forbidOverwrite: boolean | undefined, what: string) {
    const { commits } = await writer();
    const version = await commits.put(written, described, forbidOverwrite === true, what);
    return storedInfo(described, version);
  }

  return {
    name: folder,
    region: "local",
    address,
    offers: folderOffers,

    get: (key, asked = {}) =>
      request("GET", key, asked.signal, async (what) => {
        refuseVersions(asked.versionId, what);
        if (asked.originImage === true) {
          throw refusal("NotImplemented", what, "a folder has no image service, and no originals behind it");
        }
        const { reading } = await reader();
        return replyOf(await reading.open(key, what, asked.signal), asked, what);
      }),

    head: (key, asked = {}) =>
      request("HEAD", key, asked.signal, async (what) => {
        refuseVersions(asked.versionId, what);
        const { reading } = await reader();
        const { about, version } = await reading.head(key, what, asked.signal);
        return infoOf(200, about, version);
      }),

    put: (key, body, asked = {}) =>
      request("PUT", key, asked.signal, async (what) => {
        refuseWishes(asked.headers, what);
        const { temporaries } = await writer();
        const written = await takeBody(files, temporaries.next(), body, asked, what);
        const described = { key, etag: written.md5, crc64: written.crc64, headers: keptHeaders(asked.headers) };
        return commit(written, described, asked.forbidOverwrite, what);
      }),

    copy: (key, from, asked = {}) =>
      request("COPY", key, asked.signal, async (what) => {
        checkKey(from, what);
        refuseWishes(asked.headers, what);
        const { copy } = await writer();
        const { written, about } = await copy(from, asked, what);
        return commit(written, { ...about, key }, asked.forbidOverwrite, what);
      }),

    delete: (key, asked = {}) =>
      request("DELETE", key, asked.signal, async (what) => (await writer()).commits.remove(key, what)),

    list: (asked = {}) =>
      request("LIST", undefined, asked.signal, async (what) => {
        const { page, mustBeThere } = await reader();
        const found = await page(asked, what);
        if (found.objects.length + found.prefixes.length === 0) await mustBeThere(what);
        // Its file system's clock is this machine's.
        return { ...found, serverTime: clock.now() };
      }),

    createUpload: (key, asked = {}) =>
      request("UPLOAD", key, asked.signal, async (what) => {
        refuseWishes(asked.headers, what);
        return (await writer()).uploads.create(key, keptHeaders(asked.headers), what);
      }),

    uploadPart: (key, uploadId, partNumber, body, asked = {}) =>
      request("UPLOAD", key, asked.signal, async (what) =>
        (await writer()).uploads.part(key, uploadId, partNumber, body, asked, what),
      ),

    completeUpload: (key, uploadId, parts, asked = {}) =>
      request("UPLOAD", key, asked.signal, async (what) => {
        const { uploads } = await writer();
        const { written, described } = await uploads.complete(key, uploadId, parts, asked.signal, what);
        const { etag, crc64 } = await commit(written, described, asked.forbidOverwrite, what);
        await uploads.end(key, uploadId, what);
        return { etag, crc64 };
      }),

    abortUpload: (key, uploadId) =>
      request("UPLOAD", key, undefined, async (what) => (await writer()).uploads.end(key, uploadId, what)),

    disk: ({ tries }) =>
      request("DISK", undefined, undefined, async () => {
        const { root, isMountPoint } = await reader();
        const links = tries ? (await writer()).links : undefined;
        return diskOf(await files.statfs(root), process.platform, links, isMountPoint);
      }),

    async close() {
      if (isClosed) return;
      isClosed = true;
      if (writer.begun())
        await writer().then(
          ({ temporaries }) => temporaries.close(),
          () => undefined,
        );
    },
  };
}

/** It may be what a disk is mounted on, and then all that lies on that disk would be fetched and paid for again. */
const holdsNothing =
  "holds nothing yet, and is begun. Where something should be in it, its disk is not mounted: stop, and mount it";

/** What is opened once, and again where that failed. */
function once<T>(open: () => Promise<T>): (() => Promise<T>) & { begun(): boolean } {
  let opened: Promise<T> | undefined;
  const get = () => {
    opened ??= open().catch((thrown: unknown) => {
      opened = undefined;
      throw thrown;
    });
    return opened;
  };
  return Object.assign(get, { begun: () => opened !== undefined });
}

/** What the reply to a write says; its own length says nothing of the object. */
function storedInfo(described: Described, version: Version): ObjectInfo {
  const { "content-length": _, ...headers } = infoOf(200, described, version).headers;
  return { status: 200, headers, etag: described.etag, crc64: described.crc64 };
}
