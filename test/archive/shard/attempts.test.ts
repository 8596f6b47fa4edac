/** Two attempts on one shard: overlap costs money, never truth, so whoever should yield does, and nobody else. */
import { describe, expect, test } from "vitest";
import { heartbeatMs } from "../../../src/archive/shard/control-watch.ts";
import { donePath, paths } from "../../../src/ledger/layout.ts";
import { lifeMs } from "../../../src/ledger/shard/attempts.ts";
import { noRequests } from "../../../src/ledger/shard/segment.ts";
import { segmentBytes } from "../../ledger/shard/segment-bytes.ts";
import { attemptId, fetchTimes, later, type ShardLab, shardLab, slowly } from "./lab.ts";

describe("another attempt", () => {
  const mine = attemptId(50);
  const smaller = attemptId(49);
  const larger = attemptId(51);

  test("that is smaller and alive is yielded to at once", async () => {
    const here = shardLab(5);
    here.trace(paths.open(0, smaller, 0), "other", 29_000);
    expect(await here.work({ attempt: mine })).toEqual({ kind: "yielded" });
    expect(here.source.log.length).toBe(0);
    expect(here.written(paths.end(0, mine))).toHaveLength(1);
  });

  test.each([
    ["has ended", (here: ShardLab) => here.trace(paths.end(0, smaller))],
    ["gave no sign of life for longer than 30 s", () => undefined],
  ])("that is smaller and %s is not", async (_, then) => {
    const here = shardLab(5);
    here.trace(paths.open(0, smaller, 0), "other", 31_000);
    then(here);
    expect(await here.work({ attempt: mine })).toEqual({ kind: "over" });
    here.expectOver({ archived: 5 });
  });

  test("of a process known to be gone is not, however fresh its sign of life, nor at a later heartbeat", async () => {
    const here = shardLab(6, {}, { concurrency: 1 });
    here.trace(paths.open(0, smaller, 0), JSON.stringify({ worker: "gone process" }));
    slowly(here, 4_000);
    expect(await here.work({ attempt: mine, isGone: (worker) => worker === "gone process" })).toEqual({ kind: "over" });
    here.expectOver({ archived: 6 });
  });

  test("that is larger and at work is yielded to at once: its worker's clock may be ahead", async () => {
    const here = shardLab(5);
    here.trace(paths.open(0, larger, 0), "other", 60_000);
    here.trace(paths.segment(0, larger, 1), "", 9_000);
    const began = here.clock.now();
    expect(await here.work({ attempt: mine })).toEqual({ kind: "yielded" });
    expect(here.clock.now()).toBe(began);
    expect(here.source.log.length).toBe(0);
    expect(here.written(paths.end(0, mine))).toHaveLength(1);
  });

  describe("that is larger and has only opened is waited for", () => {
    const opened = (ageMs = 0, deadline = Number.POSITIVE_INFINITY) => {
      const here = shardLab(5, { ifExists: "overwrite" });
      here.trace(paths.open(0, larger, 0), "other", ageMs);
      return {
        here,
        began: here.clock.now(),
        ...here.deliver({ attempt: mine, deadline: here.clock.elapsed() + deadline }),
      };
    };

    test("until it has ended: then this one goes on", async () => {
      const { here, ended, began } = opened();
      void later(here, 4_000, () => here.trace(paths.end(0, larger)));
      expect(await here.until(ended)).toEqual({ kind: "over" });
      expect(Math.min(...fetchTimes(here))).toBeGreaterThanOrEqual(began + 4_000);
      expect(here.archive.count("head")).toBe(0);
    });

    test("until it is at work: then this one yields", async () => {
      const { here, ended } = opened();
      void later(here, 4_000, () => here.trace(paths.segment(0, larger, 1)));
      expect(await here.until(ended)).toEqual({ kind: "yielded" });
      expect(here.source.log.length).toBe(0);
    });

    test("until it is taken for dead: then this one goes on, asking the archive first", async () => {
      const { here, ended } = opened(25_000);
      expect(await here.until(ended)).toEqual({ kind: "over" });
      expect(here.archive.count("head")).toBe(5);
    });

    test("until the run is stopped, or the shard is over, or somebody smaller appears", async () => {
      for (const [path, end] of [
        [paths.controlAt(1, "cancel"), { kind: "stopped" }],
        [donePath(0, { archived: 5, skipped: 0, failed: 0, bytes: 510 }, larger), { kind: "over" }],
        [paths.open(0, smaller, 0), { kind: "yielded" }],
      ] as const) {
        const { here, ended } = opened();
        void later(here, 4_000, () => here.trace(path));
        expect(await here.until(ended)).toMatchObject(end);
        expect(here.source.log.length).toBe(0);
        expect(here.written(paths.end(0, mine))).toHaveLength(1);
      }
    });

    test("no longer than leaves time to show a sign of life: then the message is given back", async () => {
      const { here, ended, began } = opened();
      expect(await here.until(ended)).toEqual({ kind: "yielded" });
      expect(here.clock.now() + heartbeatMs).toBeLessThan(began + lifeMs);
      expect(here.source.log.length).toBe(0);
      expect(here.written(paths.end(0, mine))).toHaveLength(1);
    });

    test.each([1_800, 25_000])("no longer than half of the %i ms that its process has", async (limitMs) => {
      const { here, ended, began } = opened(0, limitMs);
      expect(await here.until(ended)).toEqual({ kind: "yielded" });
      expect(here.clock.now()).toBeLessThanOrEqual(began + limitMs / 2);
      const shown = opened(0, limitMs);
      void later(shown.here, limitMs / 4, () => shown.here.trace(paths.end(0, larger)));
      expect((await shown.here.until(shown.ended)).kind).not.toBe("yielded");
      expect(shown.here.source.count("original")).toBeGreaterThan(0);
    });

    test("not at all by a process that is to stop", async () => {
      const here = shardLab(5);
      here.trace(paths.open(0, larger, 0), "other");
      const stop = new AbortController();
      const { ended } = here.deliver({ attempt: mine, signal: stop.signal });
      const began = here.clock.now();
      void later(here, 100, () => stop.abort());
      expect(await here.until(ended)).toEqual({ kind: "yielded" });
      expect(here.clock.now()).toBe(began + 100);
    });
  });

  test("of two that open at once exactly the smaller goes on, and no row is fetched twice", async () => {
    const here = shardLab(20, {}, { concurrency: 2 });
    slowly(here, 1_000);
    const [a, b] = [here.deliver({ attempt: larger }), here.deliver({ attempt: mine })];
    expect(await here.until(Promise.all([a.ended, b.ended]))).toEqual([{ kind: "yielded" }, { kind: "over" }]);
    expect(here.source.count("original")).toBe(20);
    here.expectOver({ archived: 20 });
  });

  test("that opens long after one whose opening takes long sees it alive, and no row is fetched twice", async () => {
    const here = shardLab(20, { ifExists: "overwrite" });
    here.ledger.onRequest(() => ({ kind: "delay", ms: 7_000 }));
    slowly(here, 30_000);
    // The smaller waits for this one, whose first heartbeat is far away.
    here.trace(paths.open(0, larger, 0), "other");
    const first = here.deliver({ attempt: smaller });
    void later(here, 15_000, () => here.trace(paths.end(0, larger)));
    const second = later(here, 32_000, () => here.deliver({ attempt: mine }).ended);
    expect(await here.until(Promise.all([first.ended, second]))).toEqual([{ kind: "over" }, { kind: "yielded" }]);
    expect(here.source.count("original")).toBe(20);
  });

  test("may have taken this one for dead, whose opening took too long: nothing is fetched, the message is given back", async () => {
    const here = shardLab(5);
    // The open marker is written, and can't be written anew.
    let opened = 0;
    here.ledger.onRequest(({ type, key }) => {
      if (type === "list") return { kind: "delay", ms: 25_000 };
      return key?.includes("-open~") && ++opened > 1 ? { kind: "delay", ms: 60_000 } : undefined;
    });
    expect(await here.work({ attempt: mine })).toEqual({ kind: "yielded" });
    expect(here.source.log.length).toBe(0);
    expect(here.written(paths.end(0, mine))).toHaveLength(1);
  });

  test("smaller, that works as well, is yielded to at a heartbeat; what is in flight is recorded", async () => {
    const here = shardLab(50, {}, { concurrency: 2 });
    slowly(here, 3_000);
    const nothing = segmentBytes([], { requests: noRequests(), retries: 0, from: "", to: "" });
    void later(here, 8_000, () => here.trace(paths.segment(0, smaller, 1), nothing));
    const began = here.clock.now();
    expect(await here.work({ attempt: mine })).toEqual({ kind: "yielded" });
    expect(Math.max(...fetchTimes(here))).toBeLessThanOrEqual(began + heartbeatMs);
    expect(here.folded().size).toBe(here.source.count("original"));
    expect(here.markers()).toEqual([]);
  });

  test("smaller, that only opens later, is not: it sees this one and leaves", async () => {
    const here = shardLab(20, {}, { concurrency: 2 });
    slowly(here, 3_000);
    const mineFirst = here.deliver({ attempt: mine });
    const then = later(here, 8_000, () => here.deliver({ attempt: smaller }).ended);
    expect(await here.until(Promise.all([mineFirst.ended, then]))).toEqual([{ kind: "over" }, { kind: "yielded" }]);
    expect(here.source.count("original")).toBe(20);
  });

  test("of a later hand-over: this message is a late copy", async () => {
    const here = shardLab(5);
    here.trace(paths.open(0, smaller, 3), "other", 60_000);
    expect(await here.work({ attempt: mine, seq: 2 })).toEqual({ kind: "superseded" });
    expect(await here.work({ seq: 3 })).toEqual({ kind: "over" });
  });

  test.each([
    ["the plan that rules", "plan-1", "superseded"],
    ["a plan whose place another took: its hand-overs are nobody's", "plan-0", "over"],
  ])("of a later hand-over by %s", async (_, plan, kind) => {
    const here = shardLab(5);
    here.trace(paths.open(0, smaller, 3), JSON.stringify({ worker: "other", plan }), 60_000);
    expect(await here.work({ attempt: mine, seq: 2 })).toEqual({ kind });
  });

  test("that finished the shard: nothing is to do", async () => {
    const here = shardLab(5);
    await here.work();
    here.source.forgetLog();
    expect(await here.work()).toEqual({ kind: "over" });
    expect([here.source.log.length, here.markers().length]).toEqual([0, 1]);
  });

  test("that recorded everything but its done marker: the marker is written, nothing fetched", async () => {
    const here = shardLab(3);
    const outcomes = here.planned.map((row, n) => ({
      row: n,
      key: row.key,
      outcome: "failed" as const,
      code: "NoSuchKey",
      attempts: 1,
      ms: 1,
    }));
    here.trace(paths.open(0, smaller, 0), "other", 60_000);
    const trailer = { requests: noRequests(), retries: 0, from: "", to: "" };
    here.ledger.seed(`ledger/runs/run-1/${paths.segment(0, smaller, 1)}`, segmentBytes(outcomes, trailer), {
      lastModified: here.clock.now() - 60_000,
    });
    expect(await here.work({ attempt: mine })).toEqual({ kind: "over" });
    expect(here.source.log.length).toBe(0);
    here.expectOver({ archived: 0, failed: 3 });
  });
});
