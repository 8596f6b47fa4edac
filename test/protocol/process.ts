/**
 * One process working one delivery with the real code. Whatever it asks of stores and queue waits for the search to answer,
 * its clock stands still until the search moves it, and its chance is fixed: what it does follows from what happened to it.
 */
import { cosOffers } from "../../src/cos/offers.ts";
import type { Bucket, ListPage, ObjectInfo, ObjectResponse } from "../../src/objects/bucket.ts";
import { createDeliveryHandler } from "../../src/run/deliver/handle-delivery.ts";
import type { Answer as QueueAnswer } from "../../src/run/messages/delivery.ts";
import { silentLog } from "../../src/vocabulary/log.ts";
import { anonymousWorker } from "../run/anonymous-worker.ts";
import type { Answer } from "./objects.ts";
import { type QueueRequest, type Request, type StoreRequest, type Where, type Without, whatOf } from "./request.ts";

/** With what a process begins. */
export interface Birth {
  /** The message and which receive of it. */
  readonly name: string;
  readonly body: string;
  /** By the store's clock, ms since the epoch. */
  readonly at: number;
  /** What this process's clock is ahead of that. */
  readonly skewMs: number;
  /** Decides the order of the ids that are made in one millisecond; less than 1,024. */
  readonly rank: number;
  /** How long the process may work. */
  readonly limitMs: number;
  readonly concurrency: number;
  readonly rate: number | undefined;
}

/** What may happen to a process. */
export type Happening =
  | { readonly kind: "answer"; readonly n: number; readonly answer: Answer }
  | { readonly kind: "time"; readonly now: number };

/** Where it stands: all that the rest of the world sees of it. */
export interface Standing {
  readonly pending: readonly Request[];
  /** When it would go on by itself, by the store's clock. */
  readonly wakesAt: number | undefined;
  /** It gave its answer, and the queue took it. */
  readonly over: boolean;
}

export interface Process {
  /** Resolves once it waits again. */
  happens(happening: Happening): Promise<Standing>;
}

/** Everything here goes on by promises alone, so that when the event loop turns, all that can happen has. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function startProcess(birth: Birth): Promise<{ readonly process: Process; readonly standing: Standing }> {
  const pending = new Map<number, { request: Request; resolve(value: unknown): void; reject(error: Error): void }>();
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  let requests = 0;
  let now = birth.at;
  let over = false;

  const ask = <T>(request: Asking): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const n = ++requests;
      pending.set(n, {
        request: { ...request, n, what: whatOf(request) } as Request,
        resolve: (value) => resolve(value as T),
        reject,
      });
    });
  const bucket = (where: Where, name: string, region: string): Bucket => ({
    name,
    region,
    address: `cos://${name}`,
    offers: cosOffers,
    get: (key) => ask<ObjectResponse>({ where, kind: "get", key }),
    head: (key) => ask<ObjectInfo>({ where, kind: "head", key }),
    list: ({ prefix = "", marker = "" } = {}) => ask<ListPage>({ where, kind: "list", prefix, marker }),
    put(key, bytes, { headers = {}, contentMd5, forbidOverwrite = false } = {}) {
      if (!Buffer.isBuffer(bytes)) throw foreign("a body that streams");
      return ask<ObjectInfo>({ where, kind: "put", key, bytes, headers, contentMd5, forbidOverwrite });
    },
    restore: (key) => ask<"begun" | "restored">({ where, kind: "restore", key }),
    copy: () => Promise.reject(foreign("a copy")),
    delete: () => Promise.reject(foreign("DELETE")),
    createUpload: () => Promise.reject(foreign("a multipart upload")),
    uploadPart: () => Promise.reject(foreign("a multipart upload")),
    completeUpload: () => Promise.reject(foreign("a multipart upload")),
    abortUpload: () => Promise.reject(foreign("a multipart upload")),
  });

  const handle = createDeliveryHandler({
    clock: {
      now: () => now + birth.skewMs,
      elapsed: () => now,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve();
          const wake = () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", wake);
            resolve();
          };
          const sleeper = { at: now + Math.max(0, ms), wake };
          sleepers.add(sleeper);
          signal?.addEventListener("abort", wake);
        }),
    },
    random: digitsOf(birth.rank),
    log: silentLog,
    open: (role, { bucket: name, region }) => bucket(role === "manifest" ? "source" : role, name, region),
    settings: { concurrency: birth.concurrency, rate: birth.rate },
    worker: anonymousWorker,
  });
  const sender = {
    send: (body: string, delaySeconds = 0) => ask<void>({ where: "queue", kind: "send", body, delaySeconds }),
  };
  const deadline = birth.at + birth.limitMs;
  handle({ body: birth.body, deadline }, sender)
    .then((answer) => ask<void>(settling(answer)))
    .then(() => {
      over = true;
    });

  /** Whoever sleeps until now, or for no time at all, wakes, the first first; then everybody waits. */
  async function quiet(): Promise<void> {
    for (;;) {
      await turn();
      const due = [...sleepers].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
      if (due.length === 0) return;
      for (const { wake } of due) wake();
    }
  }
  const standing = (): Standing => ({
    pending: [...pending.values()].map(({ request }) => request),
    wakesAt: sleepers.size === 0 ? undefined : Math.min(...[...sleepers].map(({ at }) => at)),
    over,
  });
  const process: Process = {
    async happens(happening) {
      if (happening.kind === "time") {
        now = happening.now;
      } else {
        const { n, answer } = happening;
        const asked = pending.get(n);
        if (asked === undefined) throw new Error(`${birth.name} did not ask ${n}`);
        pending.delete(n);
        if ("error" in answer) asked.reject(answer.error);
        else asked.resolve(answer.value);
      }
      await quiet();
      return standing();
    },
  };
  await quiet();
  return { process, standing: standing() };
}

type Asking = Without<StoreRequest | QueueRequest, "n" | "what">;

const foreign = (what: string) => new Error(`${what} has no place in this search`);

function settling(answer: QueueAnswer): Asking {
  switch (answer.kind) {
    case "acknowledge":
      return { where: "queue", kind: "delete" };
    case "give-back":
      return { where: "queue", kind: "give-back", delaySeconds: answer.delaySeconds, reason: answer.reason };
    case "reject":
    case "refuse":
      return { where: "queue", kind: "give-back", delaySeconds: 60, reason: `rejected: ${answer.reason}` };
  }
}

/** Two digits to the base 32, in turns; an id is made of sixteen, so that ids of one moment are in the order of `rank`. */
function digitsOf(rank: number): () => number {
  const digits = [Math.floor(rank / 32), rank % 32];
  let calls = 0;
  return () => ((digits[++calls % 2] as number) + 0.5) / 32;
}
