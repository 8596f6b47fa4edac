/**
 * A bucket as one process sees it over a bad network: latency, refusals, resets before and after the effect, spoiled
 * bodies, lagging lists; and death at any await.
 */
import { Readable } from "node:stream";
import type { Bucket, ListedObject, ListPage, ObjectResponse } from "../../src/objects/bucket.ts";
import { BucketError } from "../../src/objects/error.ts";
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

export interface Observed {
  /** A GET of an original left a process. */
  onFetch(key: string, process: Process): void;
  /** A try that did not bring the original: a fault, or a spoiled body. */
  onFailedTry(): void;
  /** What a LIST said of the object before the one that is there now, where there was one. */
  listedBefore(bucket: string, key: string): ListedObject | undefined;
  /** Is the original too large to be held? */
  isLarge(key: string): boolean;
}

const PLACEHOLDER = Buffer.from("a placeholder picture");
const DOCUMENT = Buffer.from("<?xml version='1.0' encoding='utf-8' ?><Error><Code>NoSuchKey</Code></Error>");

function failure(code: string, status: number, throttled = false): BucketError {
  return new BucketError(`the network said ${code}`, { code, status, retryable: true, throttled });
}

export function faultyBucket(core: Bucket, process: Process, world: World, weather: Weather, seen: Observed): Bucket {
  const chance = (probability: number) => probability > 0 && world.random() < probability;

  async function request<T>(act: () => Promise<T>): Promise<T> {
    const latency = weather.latencyMs * (0.5 + 3 * world.random() ** 4);
    const after = chance(weather.resetAfter);
    const result = await process.effect(latency, () => {
      if (chance(weather.resetBefore)) throw failure("ECONNRESET", 0);
      if (chance(weather.slowDown)) throw failure("SlowDown", 503, true);
      if (chance(weather.serverError)) throw failure("InternalError", 500);
      if (chance(weather.skewed)) throw failure("RequestTimeTooSkewed", 403);
      return act();
    });
    if (after) throw failure("ECONNRESET", 0);
    return result;
  }

  /** The reply to a GET of an original, as the world may have spoilt it. */
  function spoil(reply: ObjectResponse): ObjectResponse {
    const whole = (bytes: Buffer): ObjectResponse => ({
      ...reply,
      kind: "bytes",
      bytes,
      size: bytes.length,
      stream: undefined,
    });
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

  /** A large original streams through: a request about it that fails costs the fetch that was open beside it. */
  const costsStream = (key: string) => (error: unknown) => {
    if (seen.isLarge(key)) seen.onFailedTry();
    throw error;
  };

  return {
    name: core.name,
    region: core.region,
    address: core.address,
    offers: core.offers,
    async get(key, options) {
      if (!options?.originImage) return request(() => core.get(key, options));
      seen.onFetch(key, process);
      try {
        return spoil(await request(() => core.get(key, options)));
      } catch (error) {
        seen.onFailedTry();
        throw error;
      }
    },
    head: (key, options) => request(() => core.head(key, options)).catch(costsStream(key)),
    put: (key, body, options) => request(() => core.put(key, body, options)).catch(costsStream(key)),
    copy: (key, from, options) => request(() => core.copy(key, from, options)),
    delete: (key, options) => request(() => core.delete(key, options)),
    list: (options) =>
      request(async (): Promise<ListPage> => {
        const page = await core.list(options);
        if (weather.listLagMs === 0) return page;
        const horizon = world.now() - weather.listLagMs;
        const objects = page.objects.flatMap(
          (object) => (object.lastModified <= horizon ? object : seen.listedBefore(core.name, object.key)) ?? [],
        );
        return { ...page, objects };
      }),
    createUpload: (key, options) => request(() => core.createUpload(key, options)),
    uploadPart: (key, id, n, body, options) => request(() => core.uploadPart(key, id, n, body, options)),
    completeUpload: (key, id, parts, options) => request(() => core.completeUpload(key, id, parts, options)),
    abortUpload: (key, id) => request(() => core.abortUpload(key, id)),
  };
}

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
