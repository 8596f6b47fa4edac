/** The objects of one run: every path relative to the run's prefix, transient failures retried, requests counted. */

import type { Bucket, ListedObject } from "../objects/bucket.ts";
import { isBucketError } from "../objects/error.ts";
import { withRetries } from "../objects/retrying.ts";
import type { Clock, Random } from "../vocabulary/clock.ts";
import { UserError } from "../vocabulary/errors.ts";
import type { Log } from "../vocabulary/log.ts";

export interface Listing {
  /** Paths relative to the run's prefix, in the order of UTF-8 bytes. */
  readonly objects: readonly ListedObject[];
  /** The store's own clock when it answered, ms since the epoch: signs of life are judged by it, not by ours. */
  readonly serverTime: number;
}

export interface LedgerStore {
  /** Undefined where there is no such object. */
  get(path: string): Promise<Buffer | undefined>;
  put(path: string, body: Buffer | string): Promise<void>;
  /**
   * Writes where nothing is yet. False: somebody was first, or perhaps this very request, its answer lost: read it back.
   * (COS ignores the condition in a bucket that ever had versioning; a store may not know it at all.)
   */
  create(path: string, body: Buffer | string): Promise<boolean>;
  /** One page at most 1,000 long. */
  listPage(prefix: string, after?: string): Promise<Listing & { readonly more: string | undefined }>;
  /** Every object below a prefix. */
  list(prefix: string): Promise<Listing>;
  /** Requests sent so far, tries included. */
  requests(): number;
  /** Of this store's prefix, for messages. */
  describe(path: string): string;
  /** Of the ledger's bucket, for commands that people are told to type. */
  readonly region?: string | undefined;
}

/** Every object of a ledger is read whole; none that was written has as many bytes. */
const mostObjectBytes = 64 * 1024 * 1024;

const tooLarge = (where: string): UserError =>
  new UserError(
    "LedgerUnreadable",
    `The ledger object ${where} has more than ${mostObjectBytes / 1024 ** 2} MiB, which none has; nothing but cos-originals should write there.`,
  );

export function createLedgerStore(options: {
  readonly bucket: Bucket;
  /** runPrefix(…), ending in `/`. */
  readonly prefix: string;
  /** Of the bucket; a folder is in none. */
  readonly region?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Log | undefined;
  readonly signal?: AbortSignal | undefined;
}): LedgerStore {
  const { bucket, prefix, clock, random, log, signal } = options;
  let sent = 0;

  const onTry = () => {
    sent++;
  };
  const tried = <T>(request: () => Promise<T>) => withRetries(request, { clock, random, log, signal, onTry });

  const bytesOf = (body: Buffer | string) => (typeof body === "string" ? Buffer.from(body) : body);

  const store: LedgerStore = {
    async get(path) {
      try {
        const reply = await tried(() => bucket.get(prefix + path, { bufferUpTo: mostObjectBytes, signal }));
        if (reply.kind === "bytes") return reply.bytes;
        const chunks: Buffer[] = [];
        let bytes = 0;
        for await (const chunk of reply.stream) {
          bytes += chunk.length;
          if (bytes > mostObjectBytes) throw tooLarge(store.describe(path));
          chunks.push(chunk as Buffer);
        }
        return Buffer.concat(chunks);
      } catch (error) {
        if (isBucketError(error) && error.status === 404 && error.code !== "NoSuchBucket") return undefined;
        throw error;
      }
    },
    async put(path, body) {
      await tried(() => bucket.put(prefix + path, bytesOf(body), { signal }));
    },
    async create(path, body) {
      try {
        await tried(() => bucket.put(prefix + path, bytesOf(body), { forbidOverwrite: true, signal }));
        return true;
      } catch (error) {
        if (isBucketError(error) && error.status === 409) return false;
        if (!isBucketError(error) || error.code !== "NotImplemented") throw error;
      }
      // The store knows no such condition. Who looks first is as good as where it is passed over: some work may be done twice.
      if ((await store.get(path)) !== undefined) return false;
      await store.put(path, body);
      return true;
    },
    async listPage(below, after) {
      const page = await tried(() =>
        bucket.list({ prefix: prefix + below, marker: after === undefined ? undefined : prefix + after, signal }),
      );
      return {
        objects: page.objects.map((object) => ({ ...object, key: object.key.slice(prefix.length) })),
        serverTime: page.serverTime ?? clock.now(),
        more: page.nextMarker?.slice(prefix.length),
      };
    },
    async list(below) {
      const objects: ListedObject[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await store.listPage(below, after);
        objects.push(...page.objects);
        if (page.more === undefined) return { objects, serverTime: page.serverTime };
        after = page.more;
      }
    },
    requests: () => sent,
    describe: (path) => `${bucket.address}/${prefix}${path}`,
    region: options.region,
  };
  return store;
}

/** What lies below `prefix` and behind `after`, page by page: as much memory as one page needs. */
export async function* pagesAfter(ledger: LedgerStore, prefix: string, after: string): AsyncGenerator<Listing> {
  for (let behind: string | undefined = after; behind !== undefined; ) {
    const page: Listing & { readonly more: string | undefined } = await ledger.listPage(prefix, behind);
    yield page;
    behind = page.more;
  }
}
