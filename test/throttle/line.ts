/**
 * A source of large originals behind a line that all transfers share, and an archive that takes them: what is sent through
 * takes as long as its bytes and the others' do, in virtual time, and no byte is copied.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Bucket, ObjectInfo } from "../../src/objects/bucket.ts";
import type { Clock } from "../../src/vocabulary/clock.ts";
import { aborted, refusal } from "../stores/bucket-fault.ts";
import { createMemoryBucket } from "../stores/memory-bucket.ts";

const CHUNK = 1024 * 1024;
const chunk = Buffer.alloc(CHUNK, "original");

export interface Line {
  readonly source: Bucket;
  readonly archive: Bucket;
  /** Fetches of each key. */
  readonly fetches: ReadonlyMap<string, number>;
  /** Bytes that the archive holds under each key. */
  readonly kept: ReadonlyMap<string, number>;
  readonly busiest: () => number;
}

export const etagOf = (key: string): string => createHash("md5").update(key).digest("hex");

/**
 * @param sizes bytes of each original
 * @param bytesPerMs of the whole line
 * @param headMs until a reply begins
 */
export function createLine(options: {
  readonly clock: Clock;
  readonly sizes: ReadonlyMap<string, number>;
  readonly bytesPerMs: number;
  readonly headMs: number;
  readonly jitter: () => number;
}): Line {
  const { clock, sizes, bytesPerMs, headMs, jitter } = options;
  const fetches = new Map<string, number>();
  const kept = new Map<string, number>();
  const silent = createMemoryBucket({ clock, name: "silent-1250000000" });
  let transfers = 0;
  let most = 0;

  async function* body(key: string, size: number, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
    most = Math.max(most, ++transfers);
    try {
      for (let sent = 0; sent < size; sent += CHUNK) {
        const length = Math.min(CHUNK, size - sent);
        await clock.sleep((length * transfers * (0.7 + jitter() * 0.6)) / bytesPerMs, signal);
        if (signal?.aborted) throw aborted(`GET ${key}`);
        yield chunk.subarray(0, length);
      }
    } finally {
      transfers--;
    }
  }
  const infoOf = (key: string, size: number): ObjectInfo => ({ status: 200, headers: {}, size, etag: etagOf(key) });
  const sizeOf = (key: string): number => {
    const size = sizes.get(key);
    if (size === undefined) throw refusal("NoSuchKey", { what: key });
    return size;
  };

  return {
    fetches,
    kept,
    busiest: () => most,
    source: {
      ...silent,
      name: "photos-1250000000",
      async head(key) {
        await clock.sleep(headMs);
        return infoOf(key, sizeOf(key));
      },
      async get(key, { signal } = {}) {
        const size = sizeOf(key);
        fetches.set(key, (fetches.get(key) ?? 0) + 1);
        await clock.sleep(headMs, signal);
        if (signal?.aborted) throw aborted(`GET ${key}`);
        return { ...infoOf(key, size), kind: "stream", stream: Readable.from(body(key, size, signal)) };
      },
    },
    archive: {
      ...silent,
      name: "archive-1250000000",
      async head(key) {
        await clock.sleep(headMs);
        const size = kept.get(key);
        if (size === undefined) throw refusal("NoSuchKey", { what: key });
        return infoOf(key, size);
      },
      async put(key, bytes, request = {}) {
        let size = 0;
        for await (const piece of bytes as AsyncIterable<Uint8Array>) size += piece.length;
        if (request.signal?.aborted) throw aborted(`PUT ${key}`);
        if (size !== request.contentLength) throw refusal("IncompleteBody", { what: key });
        await clock.sleep(headMs);
        kept.set(key, size);
        return { status: 200, headers: {}, etag: etagOf(key) };
      },
    },
  };
}
