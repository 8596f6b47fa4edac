/**
 * This project's real shard path: planned shards in a ledger, their messages through the memory queue, worked as `work` and
 * `run` do. Planning is done before the clock starts; opening, segments, heartbeats and done markers are inside.
 */

import type { CreateHttp } from "../../src/http/port/http.ts";
import type { RunDocument } from "../../src/ledger/plan/run-document.ts";
import { doneMarkers } from "../../src/ledger/shard/done-marker.ts";
import type { Row } from "../../src/manifest/row.ts";
import { queueFromUrl } from "../../src/queue/index.ts";
import { createShardWorker, deliveryHandlerOf } from "../../src/run/deliver/handle-delivery.ts";
import type { Place, ShardMessage } from "../../src/run/messages/messages.ts";
import { queueSender } from "../../src/run/messages/queue-sender.ts";
import { openLedger } from "../../src/run/surroundings/open-ledger.ts";
import { pollQueue } from "../../src/run/work/poll-queue.ts";
import { keyOf } from "./bodies.ts";
import type { Copier, CopierOptions } from "./copier.ts";
import { createFolderArchive } from "./folder-archive.ts";
import { archivePlace, entriesOf, ledgerPlace, openSurroundings, planRun } from "./planned-run.ts";

export interface Form {
  readonly proof: "content-md5" | "crc64";
  /** A HEAD of the source and of the archive for each key: rows without etag, and `--if-exists skip`. */
  readonly asks: boolean;
  /** What the archive is in; COS where absent. */
  readonly store?: "s3" | "folder";
  /** What sends the requests; as the product where absent. */
  readonly createHttp?: CreateHttp;
}

export function createOurs(options: CopierOptions, { proof, asks, store, createHttp }: Form): Copier {
  const { origin, label, facts, shardSize = 1000, auto = false } = options;
  const surroundings = openSurroundings(origin, auto ? "auto" : options.concurrency, createHttp);
  const { concurrency } = surroundings.settings;
  const { clock, random, log } = surroundings;
  const worker = createShardWorker(surroundings);
  const handler = deliveryHandlerOf(worker);
  const folder = store === "folder" ? createFolderArchive(label, facts, surroundings) : undefined;
  let run: RunDocument | undefined;
  let runs = 0;

  function rowOf(index: number): Row {
    const { size, etag, crc64 } = facts[index % facts.length]!;
    const key = keyOf(label, index);
    if (asks) return { key };
    return proof === "content-md5" ? { key, size, etag } : { key, size, etag, crc64 };
  }
  const archive = (): Place | undefined => {
    if (folder !== undefined) return folder.renew();
    return store === "s3" ? { ...archivePlace, store } : undefined;
  };
  const plan = (objects: number) =>
    planRun(
      {
        run: `bench-${++runs}`,
        archive: archive(),
        rows: { kind: "inline", digest: `${objects}`, keys: [] },
        options: {
          proof: asks && proof === "content-md5" ? "auto" : proof,
          ifExists: asks ? "skip" : "overwrite",
          shardSize,
        },
        entries: () => entriesOf(objects, rowOf),
      },
      surroundings,
    );

  async function workShards({ run: id, plan: planId, shards, rows: wanted }: RunDocument): Promise<void> {
    const queue = queueFromUrl("memory:", { clock, random, log, env: {} });
    const sender = queueSender(queue.client, queue.queueUrl, surroundings);
    const stop = new AbortController();
    let left = shards;
    for (let shard = 0; shard < shards; shard++) {
      const message: ShardMessage = { v: 1, type: "shard", ledger: ledgerPlace, run: id, plan: planId, shard, seq: 0 };
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
    const rowsAShard = Math.min(wanted, shardSize);
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
      for await (const marker of doneMarkers(openLedger(ledgerPlace, run.run, surroundings)))
        archived += marker.archived;
      if (archived !== objects) throw new Error(`the ledger counts ${archived} of ${objects} as archived`);
    },
    ...(folder === undefined ? {} : { check: folder.check }),
    atOnce: worker.pace.concurrency,
    close: () => surroundings.close(),
  };
}
