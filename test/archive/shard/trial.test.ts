/** How many rows of a shard begin while nothing of their run is archived yet. */
import { describe, expect, test } from "vitest";
import { createMetadataTrust } from "../../../src/archive/task/metadata-trust.ts";
import { trialRows } from "../../../src/policy/trial.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { shardLab } from "./lab.ts";

const delayed = (ms: number) => () => ({ kind: "delay", ms }) as const;

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
});
