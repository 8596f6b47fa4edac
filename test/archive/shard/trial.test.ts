/** How many rows of a shard begin while nothing of their run is archived yet. */
import { describe, expect, test } from "vitest";
import { createTrial } from "../../../src/archive/shard/trial.ts";
import { createMetadataTrust } from "../../../src/archive/task/metadata-trust.ts";
import { createLedgerStore } from "../../../src/ledger/store.ts";
import { trialRows } from "../../../src/policy/trial.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { shardLab } from "./lab.ts";

const delayed = (ms: number) => () => ({ kind: "delay", ms }) as const;

/** Of a run of one shard. */
function gateAlone() {
  const { ledger, clock } = shardLab(1);
  const store = createLedgerStore({ bucket: ledger, prefix: "ledger/", clock, random: Math.random });
  return createTrial().gate({ ledger: store, shard: 0, shards: 1 });
}

describe("a run on trial", () => {
  test("asks nothing about rows that may not be fetched yet", async () => {
    const here = shardLab(100, {}, { concurrency: 32 });
    here.source.onRequest(delayed(50));
    expect(await here.work({ metadataTrust: createMetadataTrust() })).toEqual({ kind: "over" });
    here.expectOver({ archived: 100 });
    const { log } = here.source;
    const firstPut = here.archive.log.find(({ type }) => type === "put")?.at ?? Number.NaN;
    const before = log.filter(({ at }) => at < firstPut);
    expect(before.filter(({ type }) => type === "head")).toHaveLength(trialRows);
    expect(before.filter(({ type }) => type === "original")).toHaveLength(trialRows);
  });

  test("whose requests are all refused sends few of them", async () => {
    const here = shardLab(100, {}, { concurrency: 32 });
    here.source.onRequest(() => refuse("AccessDenied"));
    expect(await here.work({ metadataTrust: createMetadataTrust() })).toMatchObject({ kind: "stopped" });
    // Ten in a row halt it.
    expect(here.source.log.length).toBeLessThanOrEqual(16);
  });

  test("is soon as fast as any where its rows need no fetch", async () => {
    const first = shardLab(200, {}, { concurrency: 32 });
    expect(await first.work()).toEqual({ kind: "over" });
    const again = shardLab(200, { ifExists: "skip" }, { concurrency: 32 });
    for (const key of first.archive.keys()) {
      const { bytes } = first.archive.object(key) ?? {};
      if (bytes !== undefined) again.archive.seed(key, bytes);
    }
    // Of a LIST nothing is to be known: each row is asked for.
    again.archive.onRequest(({ type }) =>
      type === "list" ? refuse("AccessDenied") : { kind: "delay" as const, ms: 100 },
    );
    const began = again.clock.now();
    expect(await again.work()).toEqual({ kind: "over" });
    again.expectOver({ archived: 0, skipped: 200 });
    expect(again.archive.count("head")).toBe(200);
    expect(again.clock.now() - began).toBeLessThanOrEqual((200 / 32) * 100 + 500);
  });

  test("wakes of hundreds that wait to begin only those that may", async () => {
    const gate = gateAlone();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++;
      add(...given);
    };
    const begun: number[] = [];
    for (let n = 0; n < 500; n++) void Promise.resolve(gate.begin(signal)).then(() => begun.push(n));
    await Promise.resolve();
    expect(begun.length).toBeLessThanOrEqual(trialRows);
    for (let row = 0; begun.length < 500; row++) {
      await gate.left(row, undefined);
      gate.end();
      await new Promise(setImmediate);
    }
    expect(begun).toEqual(Array.from({ length: 500 }, (_, n) => n));
    expect(listeners).toBeLessThanOrEqual(2);
  });

  test("lets all of them go where the work stops", async () => {
    const gate = gateAlone();
    const stopping = new AbortController();
    const all = Promise.all(Array.from({ length: 50 }, () => gate.begin(stopping.signal)));
    stopping.abort();
    await all;
    expect(gate.begin(stopping.signal)).toBeUndefined();
  });
});
