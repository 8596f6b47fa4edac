/**
 * This project's real shard path: planned shards in a ledger, their messages through the memory queue, worked as `work` and
 * `run` do. Planning is done before the clock starts; opening, segments, heartbeats and done markers are inside.
 */

import { systemClock } from "../../src/clock.ts";
import { readSettings } from "../../src/config/read.ts";
import { type RunDocument, type RunRequest, requestSchema } from "../../src/ledger/run-document.ts";
import { silentLog } from "../../src/log.ts";
import type { Row } from "../../src/manifest/row.ts";
import { queueFromUrl } from "../../src/queue/index.ts";
import { claimRun } from "../../src/run/ask.ts";
import { doneMarkers } from "../../src/run/finalize.ts";
import { createDeliveryHandler, createShardWorker } from "../../src/run/handle-delivery.ts";
import type { ShardMessage } from "../../src/run/messages.ts";
import { openLedger } from "../../src/run/open-ledger.ts";
import { planOn } from "../../src/run/plan.ts";
import type { PlanEntry } from "../../src/run/plan-entry.ts";
import { pollQueue } from "../../src/run/poll-queue.ts";
import { queueSender } from "../../src/run/queue-sender.ts";
import { surroundingsFromSettings } from "../../src/runtime/surroundings-from-settings.ts";
import { bucketsOf, credentials, keyOf, region } from "./bodies.ts";
import type { Copier, CopierOptions } from "./copier.ts";

export interface Form {
  readonly proof: "content-md5" | "crc64";
  /** A HEAD of the source and of the archive for each key: rows without etag, and `--if-exists skip`. */
  readonly asks: boolean;
}

export function createOurs(options: CopierOptions, { proof, asks }: Form): Copier {
  const { port, label, concurrency, facts } = options;
  const settings = readSettings({
    environment: {
      ORIGINALS_ENDPOINT: `http://127.0.0.1:${port}`,
      ORIGINALS_REGION: region,
      ORIGINALS_CONCURRENCY: String(concurrency),
    },
  });
  const around = surroundingsFromSettings(settings, {
    environment: { TENCENTCLOUD_SECRETID: credentials.secretId, TENCENTCLOUD_SECRETKEY: credentials.secretKey },
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  const { clock, random, log } = around;
  const worker = createShardWorker(around);
  const handler = createDeliveryHandler(around, worker);
  const place = { bucket: bucketsOf.archive, region, prefix: ".originals" };
  let run: RunDocument | undefined;
  let runs = 0;

  function rowOf(index: number): Row {
    const { size, etag, crc64 } = facts[index % facts.length]!;
    const key = keyOf(label, index);
    if (asks) return { key };
    return proof === "content-md5" ? { key, size, etag } : { key, size, etag, crc64 };
  }
  async function* entries(objects: number): AsyncGenerator<readonly PlanEntry[]> {
    for (let index = 0; index < objects; index++) yield [{ kind: "row", row: rowOf(index), at: { line: index + 1 } }];
  }

  async function plan(objects: number): Promise<RunDocument> {
    const request: RunRequest = requestSchema.parse({
      schema: "cos-originals/request@1",
      run: `bench-${++runs}`,
      source: { bucket: bucketsOf.source, region, prefix: "" },
      archive: { bucket: bucketsOf.archive, region, prefix: "" },
      rows: { kind: "inline", digest: `${objects}`, keys: [] },
      options: { proof: asks && proof === "content-md5" ? "auto" : proof, ifExists: asks ? "skip" : "overwrite" },
      askedAt: new Date(clock.now()).toISOString(),
      tool: "bench",
    });
    const ledger = openLedger(place, request.run, around);
    await claimRun(ledger, request);
    const planned = await planOn({
      ledger,
      place,
      clock,
      random,
      request,
      rows: () => entries(objects),
      deadline: Number.POSITIVE_INFINITY,
    });
    if (planned === undefined) throw new Error("planning did not end");
    return planned;
  }

  async function workShards({ run: id, plan: planId, shards, rows: wanted }: RunDocument): Promise<void> {
    const queue = queueFromUrl("memory:", { clock, random, log, env: {} });
    const sender = queueSender(queue.client, queue.queueUrl, around);
    const stop = new AbortController();
    let left = shards;
    for (let shard = 0; shard < shards; shard++) {
      const message: ShardMessage = { v: 1, type: "shard", ledger: place, run: id, plan: planId, shard, seq: 0 };
      await sender.send(JSON.stringify(message));
    }
    const poll = () =>
      pollQueue({
        queue,
        handle: async (delivery, send) => {
          const answer = await handler(delivery, send);
          if (answer.kind !== "acknowledge") throw new Error(`a shard was not done: ${answer.reason}`);
          if (--left === 0) stop.abort();
          return answer;
        },
        sender,
        visibility: 300,
        deadline: Number.POSITIVE_INFINITY,
        idle: Number.POSITIVE_INFINITY,
        signal: stop.signal,
        clock,
        log,
      });
    const rowsAShard = Math.min(wanted, 1000);
    const pollers = Math.min(64, shards, Math.ceil(concurrency / rowsAShard) + 1);
    await Promise.all(Array.from({ length: pollers }, poll));
    queue.client.destroy();
  }

  return {
    async prepare(objects) {
      run = await plan(objects);
    },
    async copy(objects) {
      if (run === undefined) throw new Error("nothing is planned");
      await workShards(run);
      let archived = 0;
      for await (const marker of doneMarkers(openLedger(place, run.run, around))) archived += marker.archived;
      if (archived !== objects) throw new Error(`the ledger counts ${archived} of ${objects} as archived`);
    },
    close: () => around.close(),
  };
}
