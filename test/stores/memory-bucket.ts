/**
 * One bucket in memory: the `Bucket` port with the service's semantics where they matter to what is built on it. Each
 * request is logged, passes a programmable hook that may refuse, spoil, lose or delay it, and takes effect at one moment.
 */
import { bringsOwnBytes, tellsObject } from "../../src/cos/exchange/false-success.ts";
import { archivedAs, isInArchiveTier } from "../../src/cos/exchange/restored.ts";
import { cosOffers } from "../../src/cos/offers.ts";
import type { Headers } from "../../src/objects/bucket.ts";
import { type RequestType, refusal, whatOf } from "./bucket-fault.ts";
import { checkMeta, takeBody } from "./memory-body.ts";
import type { MemoryBucket, MemoryBucketOptions, MemoryBucketSwitches, SeedOptions } from "./memory-bucket-types.ts";
import { createMemoryObjects, digestsOf, md5, type StoredObject } from "./memory-objects.ts";
import { bodyReply, everything, headersOf, infoOf } from "./memory-reply.ts";
import { createMemoryRequests } from "./memory-requests.ts";

export type { MemoryBucket, MemoryBucketOptions, MemoryBucketSwitches, SeedOptions } from "./memory-bucket-types.ts";

const STORED =
  /^(content-type|cache-control|content-disposition|content-encoding|content-language|expires|x-cos-meta-.*|x-cos-storage-class|x-cos-storage-tier|x-cos-restore|x-cos-server-side-encryption)$/;
/** In an archive class, and not restored. */
const isCold = ({ headers }: StoredObject) =>
  archivedAs(headers) !== undefined && !headers["x-cos-restore"]?.includes("false");

interface Upload {
  readonly key: string;
  readonly headers: Headers;
  readonly parts: Map<number, { readonly bytes: Buffer; readonly etag: string }>;
}

/** When a restored copy can be read, ms since the epoch. */
interface Restore {
  readonly from: number;
  readonly until: number;
}

function restoreSaid({ from, until }: Restore, now: number): string | undefined {
  if (now >= until) return undefined;
  return now < from
    ? 'ongoing-request="true"'
    : `ongoing-request="false", expiry-date="${new Date(until).toUTCString()}"`;
}

export function createMemoryBucket(options: MemoryBucketOptions): MemoryBucket {
  const { clock, name = "memory-1250000000", region = "ap-guangzhou", chunkBytes = 4096 } = options;
  const requests = createMemoryRequests(name, clock, options.onRequest);
  const { arrive, leave } = requests;
  const switches: MemoryBucketSwitches = {
    originalBrings: { ...everything },
    emptyOriginal: "serve",
    versioning: false,
    everVersioned: false,
    encryptedEtag: "md5",
    withoutCrc64: false,
    restoreMs: 5 * 3_600_000,
  };
  const objects = createMemoryObjects(() => switches.versioning);
  const uploads = new Map<string, Upload>();
  const restores = new Map<StoredObject, Restore>();
  const begun = new Map<string, number>();
  const refused = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  let ids = 0;
  const newId = (what: string) => `${what}-${String(++ids).padStart(6, "0")}`;
  const seconds = (ms: number) => Math.floor(ms / 1000) * 1000;

  function find(type: RequestType, key: string, versionId: string | undefined): StoredObject {
    const what = whatOf(name, type, key);
    const object = versionId === undefined ? objects.find(key) : objects.findVersion(key, versionId);
    if (object === undefined) throw refusal(versionId === undefined ? "NoSuchKey" : "NoSuchVersion", { what });
    const restore = restores.get(object);
    if (restore === undefined) return object;
    const { "x-cos-restore": _, ...headers } = object.headers;
    // It goes to another tier for good.
    if (isInArchiveTier(headers) && clock.now() >= restore.from)
      return { ...object, headers: { ...headers, "x-cos-storage-tier": "FREQUENT" } };
    const said = restoreSaid(restore, clock.now());
    return { ...object, headers: said === undefined ? headers : { ...headers, "x-cos-restore": said } };
  }

  function store(key: string, bytes: Buffer, given: Headers, etag?: string, seed: SeedOptions = {}): StoredObject {
    const headers = Object.fromEntries(Object.entries(given).filter(([header]) => STORED.test(header)));
    const digests = digestsOf(bytes);
    const opaque = headers["x-cos-server-side-encryption"] !== undefined && switches.encryptedEtag === "opaque";
    const object: StoredObject = {
      key,
      bytes,
      etag: seed.etag ?? etag ?? (opaque ? md5(Buffer.from(`encrypted ${digests.etag}`)) : digests.etag),
      crc64: seed.crc64 === null || switches.withoutCrc64 ? undefined : (seed.crc64 ?? digests.crc64),
      headers,
      lastModified: seconds(seed.lastModified ?? clock.now()),
      versionId: switches.versioning ? newId("version") : undefined,
    };
    objects.add(object);
    return object;
  }

  function mayWrite(type: RequestType, key: string, forbidOverwrite: boolean | undefined): void {
    if (!forbidOverwrite || switches.versioning || switches.everVersioned || objects.find(key) === undefined) return;
    throw refusal("FileAlreadyExists", { what: whatOf(name, type, key) });
  }

  const written = (object: StoredObject): Record<string, string> => {
    const { "content-length": _, ...headers } = headersOf(
      { ...object, headers: {} },
      { ...everything, lastModified: false },
      newId("request"),
    );
    const encryption = object.headers["x-cos-server-side-encryption"];
    return encryption === undefined ? headers : { ...headers, "x-cos-server-side-encryption": encryption };
  };

  function uploadOf(type: RequestType, key: string, uploadId: string): Upload {
    const upload = uploads.get(uploadId);
    if (upload === undefined || upload.key !== key) throw refusal("NoSuchUpload", { what: whatOf(name, type, key) });
    return upload;
  }

  return {
    name,
    region,
    address: `cos://${name}`,
    offers: cosOffers,
    switches,
    log: requests.log,
    onRequest: requests.onRequest,
    count: requests.count,
    forgetLog: () => {
      requests.log.length = 0;
    },
    seed: (key, bytes, seed = {}) => store(key, Buffer.from(bytes), seed.headers ?? {}, undefined, seed),
    object: objects.find,
    removeObject: objects.remove,
    keys: objects.keys,
    restoresBegun: (key) => begun.get(key) ?? 0,
    refusedFrozen: (key) => refused.get(key) ?? 0,
    openUploads: () => uploads.size,

    async get(key, request = {}) {
      const { versionId, signal, headers = {} } = request;
      const type = request.originImage === true ? "original" : "get";
      const faults = await arrive(type, key, { versionId, headers }, signal);
      const what = whatOf(name, type, key);
      const object = find(type, key, versionId);
      if (isCold(object)) {
        count(refused, key);
        throw refusal("InvalidObjectState", { what });
      }
      if (type === "original" && object.bytes.length === 0 && switches.emptyOriginal === "refuse") {
        throw refusal("InvalidImageSource", { errNo: -40168, what });
      }
      leave(faults, type, key);
      const brings = type === "original" ? switches.originalBrings : everything;
      const bufferUpTo = request.bufferUpTo ?? 1024 * 1024;
      const delivery = { what, bufferUpTo, chunkBytes, signal };
      const reply = bodyReply(headersOf(object, brings, newId("request")), object.bytes, faults, delivery);
      return bringsOwnBytes(reply, () => what);
    },

    async head(key, request = {}) {
      const faults = await arrive("head", key, { versionId: request.versionId }, request.signal);
      const object = find("head", key, request.versionId);
      leave(faults, "head", key);
      return tellsObject(infoOf(200, headersOf(object, everything, newId("request")), faults), () =>
        whatOf(name, "head", key),
      );
    },

    async put(key, body, request = {}) {
      const { headers = {}, contentMd5, forbidOverwrite, contentLength, signal } = request;
      const faults = await arrive("put", key, { headers, contentMd5, forbidOverwrite, contentLength }, signal);
      checkMeta(whatOf(name, "put", key), headers);
      mayWrite("put", key, forbidOverwrite);
      const bytes = await takeBody(whatOf(name, "put", key), body, request, faults);
      // Another may have written it while the body came.
      mayWrite("put", key, forbidOverwrite);
      const object = store(key, bytes, headers);
      leave(faults, "put", key);
      return { ...tellsObject(infoOf(200, written(object), faults), () => whatOf(name, "put", key)), size: undefined };
    },

    async copy(key, from, request = {}) {
      const { ifMatch, forbidOverwrite, headers = {}, signal } = request;
      const faults = await arrive("copy", key, { headers, forbidOverwrite }, signal);
      mayWrite("copy", key, forbidOverwrite);
      const source = find("copy", from, undefined);
      if (isCold(source)) throw refusal("InvalidObjectState", { what: whatOf(name, "copy", key) });
      if (ifMatch !== undefined && ifMatch !== source.etag) {
        throw refusal("PreconditionFailed", { what: whatOf(name, "copy", key) });
      }
      const { "x-cos-storage-class": _, ...kept } = source.headers;
      const asked = Object.entries(headers).filter(([header]) => /^x-cos-(?:storage-class|server-side)/.test(header));
      const object = store(key, source.bytes, { ...kept, ...Object.fromEntries(asked) }, source.etag);
      leave(faults, "copy", key);
      return { ...tellsObject(infoOf(200, written(object), faults), () => whatOf(name, "copy", key)), size: undefined };
    },

    async restore(key, { days, tier, versionId, signal }) {
      const faults = await arrive("restore", key, { versionId, headers: { days: String(days ?? ""), tier } }, signal);
      const what = whatOf(name, "restore", key);
      const shown = find("restore", key, versionId);
      if (archivedAs(shown.headers) === undefined) throw refusal("RestoreNonArchiveObject", { what });
      if (shown.headers["x-cos-restore"]?.includes("true")) throw refusal("RestoreAlreadyInProgress", { what });
      const object = versionId === undefined ? objects.find(key) : objects.findVersion(key, versionId);
      const from = isCold(shown) ? clock.now() + switches.restoreMs : clock.now();
      if (object !== undefined) restores.set(object, { from, until: from + (days ?? 3_650) * 86_400_000 });
      if (isCold(shown)) count(begun, key);
      leave(faults, "restore", key);
      return isCold(shown) ? "begun" : "restored";
    },

    async delete(key, request = {}) {
      const faults = await arrive("delete", key, {}, request.signal);
      objects.remove(key);
      leave(faults, "delete", key);
    },

    async list(request = {}) {
      const { prefix = "", marker = "", delimiter = "", maxKeys = 1000, signal } = request;
      const faults = await arrive("list", prefix, {}, signal);
      const page = objects.page({ prefix, marker, delimiter, most: Math.min(1000, maxKeys) });
      leave(faults, "list", prefix);
      return { ...page, serverTime: seconds(clock.now()) };
    },

    async createUpload(key, request = {}) {
      const headers = request.headers ?? {};
      const faults = await arrive("create-upload", key, { headers }, request.signal);
      checkMeta(whatOf(name, "put", key), headers);
      const uploadId = newId("upload");
      uploads.set(uploadId, { key, headers, parts: new Map() });
      leave(faults, "create-upload", key);
      return uploadId;
    },

    async uploadPart(key, uploadId, partNumber, body, request = {}) {
      const { contentMd5, contentLength, signal } = request;
      const faults = await arrive("upload-part", key, { partNumber, contentMd5, contentLength }, signal);
      uploadOf("upload-part", key, uploadId);
      const bytes = await takeBody(whatOf(name, "upload-part", key), body, request, faults);
      const { etag } = digestsOf(bytes);
      uploadOf("upload-part", key, uploadId).parts.set(partNumber, { bytes, etag });
      leave(faults, "upload-part", key);
      return { partNumber, etag };
    },

    async completeUpload(key, uploadId, parts, request = {}) {
      const { forbidOverwrite, signal } = request;
      const faults = await arrive("complete-upload", key, { forbidOverwrite }, signal);
      const upload = uploadOf("complete-upload", key, uploadId);
      const what = whatOf(name, "complete-upload", key);
      mayWrite("complete-upload", key, forbidOverwrite);
      const chosen = parts.map(({ partNumber, etag }) => {
        const part = upload.parts.get(partNumber);
        if (part === undefined || part.etag !== etag) throw refusal("InvalidPart", { what });
        return part;
      });
      if (chosen.length === 0) throw refusal("InvalidPart", { what });
      if (parts.some((part, n) => n > 0 && part.partNumber <= (parts[n - 1]?.partNumber ?? 0))) {
        throw refusal("InvalidPartOrder", { what });
      }
      const etag = `${md5(Buffer.concat(chosen.map((part) => Buffer.from(part.etag, "hex"))))}-${chosen.length}`;
      const object = store(key, Buffer.concat(chosen.map((part) => part.bytes)), upload.headers, etag);
      uploads.delete(uploadId);
      leave(faults, "complete-upload", key);
      const info = infoOf(200, written(object), faults);
      return { etag: info.etag, crc64: info.crc64, requestId: info.requestId };
    },

    async abortUpload(key, uploadId) {
      const faults = await arrive("abort-upload", key, {}, undefined);
      uploads.delete(uploadId);
      leave(faults, "abort-upload", key);
    },
  };
}
