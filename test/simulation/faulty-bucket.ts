/**
 * A bucket as one process sees it over a bad network: latency, refusals, resets before and after the effect, spoiled
 * bodies, lagging lists; and death at any await.
 */
import { Readable } from "node:stream";
import type { Bucket, ListedObject, ListPage, ObjectResponse } from "../../src/objects/bucket.ts";
import { BucketError } from "../../src/objects/error.ts";
import type { RowRequest } from "../../src/vocabulary/row-request.ts";
import { refusal } from "../stores/bucket-fault.ts";
import type { Trouble } from "./troubles.ts";
import type { Process, World } from "./world.ts";

/** Chances, each between 0 and 1, of what may go wrong with one request. */
export interface Weather {
  /** No answer, and no effect. */
  resetBefore: number;
  /** No answer, though it took effect. */
  resetAfter: number;
  slowDown: number;
  serverError: number;
  /** 403 with a wrong clock, as one request in a while may meet. */
  skewed: number;
  /** The body of an original: cut short, a flipped byte, a placeholder picture, an error document, all with status 200. */
  truncated: number;
  flipped: number;
  placeholder: number;
  errorDocument: number;
  /** LISTs do not show what was written in the last moments, ms. */
  listLagMs: number;
  latencyMs: number;
}

export const calm: Weather = {
  resetBefore: 0,
  resetAfter: 0,
  slowDown: 0,
  serverError: 0,
  skewed: 0,
  truncated: 0,
  flipped: 0,
  placeholder: 0,
  errorDocument: 0,
  listLagMs: 0,
  latencyMs: 20,
};

export type Side = "source" | "archive" | "ledger";

export interface Observed {
  /** A GET of an original left a process. */
  onFetch(key: string): void;
  /** How a request about a row is refused now, beside what the weather does. */
  refusedBy(by: RowRequest, key: string): Trouble["how"] | undefined;
  /** A request is done, and nothing refused it. */
  onDone(side: Side, kind: Kind, key: string): void;
  /** A try that did not bring the original: a fault, or a spoiled body. */
  onFailedTry(): void;
  /** The same, but it was refused, as all are for the time being. */
  onRefusedFetch(): void;
  /** What a LIST said of the object before the one that is there now, where there was one. */
  listedBefore(bucket: string, key: string): ListedObject | undefined;
  /** Is the original too large to be held? */
  isLarge(key: string): boolean;
}

type Kind = "get" | "head" | "put" | "list" | "other";

const PLACEHOLDER = Buffer.from("a placeholder picture");
const DOCUMENT = Buffer.from("<?xml version='1.0' encoding='utf-8' ?><Error><Code>NoSuchKey</Code></Error>");

function failure(code: string, status: number, throttled = false): BucketError {
  return new BucketError(`the network said ${code}`, { code, status, retryable: true, throttled });
}

export function faultyBucket(
  side: Side,
  core: Bucket,
  { process, world, weather, seen }: { process: Process; world: World; weather: Weather; seen: Observed },
): Bucket {
  const chance = (probability: number) => probability > 0 && world.random() < probability;

  const byTrouble = new WeakSet<object>();
  const refused = (kind: Kind, key: string): Trouble["how"] | undefined =>
    side === "ledger" || (kind !== "head" && kind !== (side === "source" ? "get" : "put"))
      ? undefined
      : seen.refusedBy(`${side}.${kind}` as RowRequest, key);

  async function request<T>(kind: Kind, key: string, act: (how: Trouble["how"] | undefined) => Promise<T>): Promise<T> {
    const latency = weather.latencyMs * (0.5 + 3 * world.random() ** 4);
    const after = chance(weather.resetAfter);
    const result = await process.effect(latency, async () => {
      if (chance(weather.resetBefore)) throw failure("ECONNRESET", 0);
      if (chance(weather.slowDown)) throw failure("SlowDown", 503, true);
      if (chance(weather.serverError)) throw failure("InternalError", 500);
      if (chance(weather.skewed)) throw failure("RequestTimeTooSkewed", 403);
      const how = refused(kind, key);
      if (how !== undefined && how !== "placeholder") {
        const error = refusal(how.code, { status: how.status, what: `${kind} ${key}` });
        byTrouble.add(error);
        throw error;
      }
      const done = await act(how);
      seen.onDone(side, kind, key);
      return done;
    });
    if (after) throw failure("ECONNRESET", 0);
    return result;
  }

  /** The reply to a GET of an original, as the world may have spoilt it. */
  function spoil(reply: ObjectResponse, isPlaceholder: boolean): ObjectResponse {
    const whole = (bytes: Buffer): ObjectResponse => ({
      ...reply,
      kind: "bytes",
      bytes,
      size: bytes.length,
      stream: undefined,
    });
    if (isPlaceholder) {
      seen.onRefusedFetch();
      return { ...whole(PLACEHOLDER), etag: undefined, crc64: undefined };
    }
    if (chance(weather.placeholder)) {
      seen.onFailedTry();
      return { ...whole(PLACEHOLDER), etag: undefined, crc64: undefined };
    }
    if (chance(weather.errorDocument)) {
      seen.onFailedTry();
      return { ...whole(DOCUMENT), etag: undefined, crc64: undefined };
    }
    if (reply.kind === "stream") {
      const bad = chance(weather.truncated) ? "truncated" : chance(weather.flipped) ? "flipped" : undefined;
      if (bad === undefined) return reply;
      seen.onFailedTry();
      return { ...reply, stream: Readable.from(spoiltChunks(reply.stream, bad), { objectMode: false }) };
    }
    if (chance(weather.flipped)) {
      seen.onFailedTry();
      const bytes = Buffer.from(reply.bytes);
      if (bytes.length > 0) bytes[0] = (bytes[0] as number) ^ 1;
      return { ...reply, bytes };
    }
    if (chance(weather.truncated)) {
      seen.onFailedTry();
      throw failure("IncompleteBody", 200);
    }
    return reply;
  }

  const costs = (error: unknown) => (byTrouble.has(error as object) ? seen.onRefusedFetch() : seen.onFailedTry());
  /** A large original streams through: a request about it that fails costs the fetch that was open beside it. */
  const costsStream = (key: string) => (error: unknown) => {
    if (seen.isLarge(key)) costs(error);
    throw error;
  };

  return {
    name: core.name,
    region: core.region,
    address: core.address,
    offers: core.offers,
    async get(key, options) {
      if (!options?.originImage) return request(side === "source" ? "other" : "get", key, () => core.get(key, options));
      seen.onFetch(key);
      try {
        let isPlaceholder = false;
        const reply = await request("get", key, (how) => {
          isPlaceholder = how === "placeholder";
          return core.get(key, options);
        });
        return spoil(reply, isPlaceholder);
      } catch (error) {
        costs(error);
        throw error;
      }
    },
    head: (key, options) => request("head", key, () => core.head(key, options)).catch(costsStream(key)),
    put: (key, body, options) => request("put", key, () => core.put(key, body, options)).catch(costsStream(key)),
    copy: (key, from, options) => request("put", key, () => core.copy(key, from, options)),
    restore: (key, options) => request("other", key, () => restoreIn(core)(key, options)),
    delete: (key, options) => request("other", key, () => core.delete(key, options)),
    list: (options) =>
      request("list", options?.prefix ?? "", async (): Promise<ListPage> => {
        const page = await core.list(options);
        if (weather.listLagMs === 0) return page;
        const horizon = world.now() - weather.listLagMs;
        const objects = page.objects.flatMap(
          (object) => (object.lastModified <= horizon ? object : seen.listedBefore(core.name, object.key)) ?? [],
        );
        return { ...page, objects };
      }),
    createUpload: (key, options) => request("other", key, () => core.createUpload(key, options)),
    uploadPart: (key, id, n, body, options) => request("other", key, () => core.uploadPart(key, id, n, body, options)),
    completeUpload: (key, id, parts, options) =>
      request("other", key, () => core.completeUpload(key, id, parts, options)),
    abortUpload: (key, id) => request("other", key, () => core.abortUpload(key, id)),
  };
}

const restoreIn = ({ restore }: Bucket): NonNullable<Bucket["restore"]> =>
  restore ?? (() => Promise.reject(new Error("nothing can be restored there")));

async function* spoiltChunks(source: AsyncIterable<Uint8Array>, how: "truncated" | "flipped"): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of source) {
    if (!first && how === "truncated") throw failure("IncompleteBody", 200);
    const bytes = Buffer.from(chunk);
    if (first && how === "flipped") bytes[0] = (bytes[0] as number) ^ 1;
    first = false;
    yield bytes;
  }
  if (how === "truncated") throw failure("IncompleteBody", 200);
}
