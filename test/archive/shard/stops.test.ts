/** Why a delivery starts nothing more: a control, another attempt, its deadline, its process, its ledger. */
import { describe, expect, onTestFinished, test } from "vitest";
import { heartbeatMs } from "../../../src/archive/shard/control-watch.ts";
import { createRunWatch } from "../../../src/archive/shard/run-watch.ts";
import { paths } from "../../../src/ledger/layout.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { fakeClock } from "../../stores/fake-clock.ts";
import { fetchTimes, later, shardLab, slowly } from "./lab.ts";

describe("a control", () => {
  test.each(["cancel", "halt"] as const)("%s, said before: nothing is begun", async (kind) => {
    const here = shardLab(5);
    await here.control(kind);
    expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind } });
    expect([here.source.log.length, here.archive.log.length]).toEqual([0, 0]);
    const said = here.written(paths.outcomes(0));
    expect(said).toEqual([expect.stringMatching(/-end$/), expect.stringMatching(/-open~0$/)]);
  });

  test("resume, said after a cancel: it goes on", async () => {
    const here = shardLab(5);
    await here.control("cancel");
    await here.control("resume");
    expect(await here.work()).toEqual({ kind: "over" });
    here.expectOver({ archived: 5 });
  });

  test("said meanwhile: no fetch starts later than one heartbeat, what is in flight ends and is recorded (I7)", async () => {
    const here = shardLab(100, {}, { concurrency: 2 });
    slowly(here, 3_000);
    const said = here.clock.now() + 12_000;
    void later(here, 12_000, () => here.control("cancel"));
    expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "cancel" } });
    expect(Math.max(...fetchTimes(here))).toBeLessThanOrEqual(said + heartbeatMs);
    const archived = here.archive.count("put");
    expect(here.folded().size).toBe(archived);
    expect(here.source.count("original")).toBe(archived);
    expect(here.markers()).toEqual([]);
    expect(here.written(paths.outcomes(0)).some((path) => path.endsWith("-end"))).toBe(true);
  });

  test("said while rows wait for their turn under a rate: they are not fetched afterwards (I7)", async () => {
    const here = shardLab(40, {}, { concurrency: 32, rate: 0.5 });
    const said = here.clock.now() + 5_000;
    void later(here, 5_000, () => here.control("cancel"));
    expect(await here.work()).toMatchObject({ kind: "stopped" });
    expect(Math.max(...fetchTimes(here))).toBeLessThanOrEqual(said + heartbeatMs);
    for (const { outcome, charged } of here.folded().values()) {
      if (outcome.outcome === "pending") expect(charged).toBe(0);
    }
  });

  test("said while rows wait for their next try: there is none (I7)", async () => {
    const here = shardLab(8);
    here.source.onRequest((request) =>
      request.type === "original" ? refuse("ServiceUnavailable", { retryAfterMs: 25_000 }) : undefined,
    );
    const said = here.clock.now() + 1_000;
    void later(here, 1_000, () => here.control("halt"));
    expect(await here.work()).toMatchObject({ kind: "stopped", control: { kind: "halt" } });
    expect(Math.max(...fetchTimes(here))).toBeLessThanOrEqual(said + heartbeatMs);
    expect(here.folded().get(0)).toMatchObject({ charged: 1, outcome: { outcome: "pending" } });
  });

  test("can be waited for by as many rows as there are without a warning of Node's", async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning.name);
    process.on("warning", onWarning);
    const here = shardLab(40, {}, { concurrency: 32, rate: 5 });
    await here.work();
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  test("said while time was running out already still stops what waits", async () => {
    const here = shardLab(40, {}, { concurrency: 32, rate: 0.2 });
    void later(here, 5_000, () => here.control("cancel"));
    expect(await here.work({ deadline: here.clock.elapsed() + 60_000 })).toMatchObject({ kind: "stopped" });
    expect(fetchTimes(here).length).toBeLessThanOrEqual(3);
  });
});

describe("a deadline", () => {
  test("that has passed lets one row through: the shard moves on by one a delivery", async () => {
    const here = shardLab(3, {}, { concurrency: 8 });
    for (let seq = 0; seq < 3; seq++) {
      const ended = await here.work({ deadline: here.clock.elapsed(), seq });
      if (seq < 2) expect(ended).toEqual({ kind: "left", rows: 2 - seq, progress: true, earlier: seq });
      else expect(ended).toEqual({ kind: "over" });
    }
    expect(here.source.count("original")).toBe(3);
    here.expectOver({ archived: 3 });
  });

  test("ends the delivery in time, its outcomes written, the rest handed over", async () => {
    const here = shardLab(100, {}, { concurrency: 4 });
    slowly(here, 4_000);
    const deadline = here.clock.elapsed() + 60_000;
    const ended = await here.work({ deadline });
    expect(ended).toMatchObject({ kind: "left", progress: true });
    expect(here.clock.now()).toBeLessThanOrEqual(deadline);
    expect(here.folded().size).toBe(here.source.count("original"));
    expect(ended.kind === "left" && ended.rows).toBe(100 - here.folded().size);
    expect(here.source.count("original")).toBeGreaterThan(20);
  });

  test("that leaves no time to try again: the rows are left, without progress", async () => {
    const here = shardLab(3);
    here.source.onRequest(() => refuse("InternalError"));
    const ended = await here.work({ deadline: here.clock.elapsed() + 7_500 });
    expect(ended).toEqual({ kind: "left", rows: 3, progress: false, earlier: 0 });
    expect([...here.folded().values()].every(({ charged }) => charged >= 1)).toBe(true);
  });

  test("is not slept through while all wait for a throttled source", async () => {
    const here = shardLab(50);
    here.source.onRequest((request) =>
      request.type === "original" ? refuse("SlowDown", { retryAfterMs: 900_000 }) : undefined,
    );
    const deadline = here.clock.elapsed() + 60_000;
    expect(await here.work({ deadline })).toMatchObject({ kind: "left", rows: 50, progress: false });
    expect(here.clock.now()).toBeLessThan(deadline);
    for (const { charged } of here.folded().values()) expect(charged).toBe(0);
  });
});

describe("the process", () => {
  test("asked to stop starts nothing more, records what is in flight and leaves the rest", async () => {
    const here = shardLab(50, {}, { concurrency: 4 });
    slowly(here, 2_000);
    const stop = new AbortController();
    void later(here, 3_000, () => stop.abort());
    expect(await here.work({ signal: stop.signal })).toMatchObject({ kind: "left", progress: true, rows: 42 });
    expect(here.folded().size).toBe(8);
  });

  test("asked to stop waits no longer than half a minute for a service that never ends", async () => {
    const here = shardLab(50, {}, { concurrency: 4 });
    slowly(here, 3_600_000);
    const stop = new AbortController();
    const asked = here.clock.now() + 3_000;
    void later(here, 3_000, () => stop.abort());
    expect(await here.work({ signal: stop.signal })).toMatchObject({ kind: "left", rows: 50 });
    expect(here.clock.now()).toBeLessThanOrEqual(asked + 30_000);
    for (const { outcome, charged } of here.folded().values()) {
      expect([outcome.outcome, outcome.code, charged]).toEqual(["pending", "Interrupted", 0]);
    }
    expect(here.folded().size).toBe(4);
  });
});

describe("a ledger that can't be written any more", () => {
  test.each(["AccessDenied", "InternalError"])(
    "%s: nothing is acknowledged, and nothing more is fetched",
    async (code) => {
      const here = shardLab(100, {}, { concurrency: 2 });
      slowly(here, 500);
      here.ledger.onRequest((request) => (/-\d{5}\.jsonl\.gz$/.test(request.key) ? refuse(code) : undefined));
      await expect(here.work()).rejects.toMatchObject({ code });
      expect(here.written(paths.outcomes(0)).map((path) => path.slice(-7))).toEqual(["-open~0"]);
      expect(here.markers()).toEqual([]);
      expect(here.source.count("original")).toBeLessThan(100);
      expect(here.source.count("original")).toBe(here.archive.count("put"));
      // What was archived meanwhile is found by the next attempt, once this one counts as dead.
      here.ledger.onRequest(undefined);
      await here.clock.advance(40_000);
      const before = here.source.count("original");
      expect(await here.work()).toEqual({ kind: "over" });
      here.expectOver({ archived: 100 });
      expect(here.source.count("original")).toBe(100);
      expect([...here.folded().values()].filter(({ outcome }) => outcome.recovered).length).toBe(before);
    },
  );

  test("a halt that can't be written is told as what it is, after what is in flight has ended", async () => {
    const here = shardLab(20, {}, { concurrency: 4 });
    here.source.onRequest((request) =>
      request.nth === 3 ? refuse("InvalidAccessKeyId") : { kind: "delay", ms: 2_000 },
    );
    here.ledger.onRequest((request) =>
      request.key.includes("/control/") && request.type === "put" ? refuse("AccessDenied") : undefined,
    );
    await expect(here.work()).rejects.toMatchObject({ code: "AccessDenied" });
    expect(here.source.count("original")).toBe(4);
    expect(here.archive.count("put")).toBe(3);
    expect(here.folded().size).toBe(4);
  });
});

test("a dozen deliveries of one process listen to what concerns all of them, and Node warns of no leak", async () => {
  const watch = createRunWatch({ clock: fakeClock(0), random: () => 0.5, limit: 200 });
  const warned: string[] = [];
  const onWarning = (warning: Error) => void warned.push(warning.message);
  process.on("warning", onWarning);
  onTestFinished(() => void process.off("warning", onWarning));
  for (let n = 0; n < 12; n++) watch.sick.signal.addEventListener("abort", () => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  expect(warned).toEqual([]);
});
