/** What a run does while its ledger, or its source, does not answer: it says so, waits longer each time, and not for ever. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createBucketClient } from "../../../src/cos/client.ts";
import { BucketError } from "../../../src/objects/error.ts";
import { longestOutageMs } from "../../../src/policy/outage.ts";
import { runHere } from "../../../src/run/work/run-here.ts";
import { foldRepeats } from "../../../src/vocabulary/fold-repeats.ts";
import type { Log } from "../../../src/vocabulary/log.ts";
import { rawServer } from "../../http/raw-server.ts";
import { quick } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { createWorld, seedPictures, type World } from "../world.ts";
import { inputFor } from "./input.ts";

/** What is told, and when, in seconds from the beginning. */
function telling() {
  const told: { readonly at: number; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[] =
    [];
  let world: World | undefined;
  let begun = 0;
  const warn: Log["warn"] = (message, fields = {}) => {
    if (world !== undefined) told.push({ at: (world.clock.elapsed() - begun) / 1_000, message, fields });
  };
  const log = foldRepeats({ info() {}, warn, error: warn }, (ms, act) => {
    world?.clock.sleep(ms).then(act);
  });
  const made = createWorld({ log, concurrency: 4 });
  world = made;
  begun = made.clock.elapsed();
  return { world: made, told, seconds: () => (made.clock.elapsed() - begun) / 1_000 };
}

/** Nobody was left without a word for longer than a minute. */
function longestSilence(told: readonly { readonly at: number }[], end: number): number {
  const moments = [0, ...told.map(({ at }) => at), end];
  return Math.max(...moments.slice(1).map((at, n) => at - (moments[n] as number)));
}

const outcomes = /^\.originals\/runs\/r\/outcomes\//;

describe("a ledger that takes nothing", () => {
  test.skipIf(quick).each([
    ["ServiceUnavailable", 503],
    ["InsufficientStorage", 507],
  ])("for ever (%s): told at once and each minute, and after some minutes the run ends", async (code, status) => {
    const { world, told, seconds } = telling();
    const keys = seedPictures(world.source, 40);
    const error = new BucketError(`PUT: status ${status}, ${code}`, {
      code,
      status,
      retryable: true,
      throttled: false,
    });
    world.archive.onRequest(({ type, key }) =>
      type === "put" && outcomes.test(key) ? { kind: "refuse", error } : undefined,
    );
    const thrown = await world
      .done(runHere(inputFor(keys, { shardSize: 10 }), world.surroundings))
      .catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(BucketError);
    expect(thrown).toMatchObject({ status, message: expect.stringContaining("the same command continues the run") });
    expect(seconds()).toBeGreaterThanOrEqual(longestOutageMs / 1_000);
    expect(seconds()).toBeLessThan(480);
    expect(told[0]?.at).toBeLessThan(15);
    expect(told.map(({ message }) => message)).toContain("The run waits for its ledger.");
    expect(longestSilence(told, seconds())).toBeLessThanOrEqual(61);
    // It was 1,061 in seven minutes, without a word.
    expect(world.archive.count("put")).toBeLessThan(400);
    expect(told.length).toBeLessThan(40);
    // Nothing was paid for that could not be recorded.
    expect(world.source.count("original")).toBe(0);
  });

  test("for a minute and a half: the run goes on by itself", async () => {
    const { world, told, seconds } = telling();
    const keys = seedPictures(world.source, 40);
    world.archive.onRequest(({ type, key, at }) =>
      type === "put" && outcomes.test(key) && at < world.clock.now() + 90_000 && seconds() < 90
        ? refuse("ServiceUnavailable")
        : undefined,
    );
    const { summary } = await world.done(runHere(inputFor(keys, { shardSize: 10 }), world.surroundings));
    expect(summary).toMatchObject({ state: "complete", archived: 40 });
    expect(seconds()).toBeLessThan(180);
    expect(told.length).toBeGreaterThan(1);
  });

  test("and can't be listed for a minute while the run looks at it: the run goes on", async () => {
    const { world, seconds } = telling();
    const keys = seedPictures(world.source, 40);
    world.source.onRequest(({ type }) => (type === "original" ? { kind: "delay", ms: 4_000 } : undefined));
    world.archive.onRequest(({ type, key }) =>
      type === "list" && key.includes("/done/") && seconds() > 3 && seconds() < 63
        ? refuse("ServiceUnavailable")
        : undefined,
    );
    const { summary } = await world.done(runHere(inputFor(keys, { shardSize: 10 }), world.surroundings));
    expect(summary).toMatchObject({ state: "complete", archived: 40 });
  });
});

describe("a Retry-After of a day", () => {
  /** As it comes from the wire. */
  async function fromTheField(): Promise<BucketError> {
    const reply = readFileSync(new URL("../../cos/exchange/replies/get-retry-after-a-day.http", import.meta.url));
    const text = reply.toString("latin1").replaceAll(/\r?\n/g, "\r\n");
    const server = await rawServer((socket) => socket.end(text, "latin1"));
    const client = createBucketClient({
      bucket: "photos-1250000000",
      region: "ap-guangzhou",
      endpoint: server.origin,
      clock: createWorld().clock,
      credentials: undefined,
    });
    try {
      await client.get("a.jpg", { originImage: true });
      throw new Error("it was no error");
    } catch (error) {
      if (!(error instanceof BucketError)) throw error;
      expect(error.retryAfterMs).toBe(86_400_000);
      return error;
    } finally {
      await client.close();
    }
  }

  test("on one reply: the run is over within minutes, and said that it waited", async () => {
    const error = await fromTheField();
    const { world, told, seconds } = telling();
    const keys = seedPictures(world.source, 12);
    world.source.onRequest(({ type, nth }) =>
      type === "original" && nth === 3 ? { kind: "refuse", error } : undefined,
    );
    const { summary } = await world.done(runHere(inputFor(keys), world.surroundings));
    expect(summary).toMatchObject({ state: "complete", archived: 12, failed: 0 });
    expect(seconds()).toBeLessThan(300);
    expect(told.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        "Nothing is sent for a while: the service says that requests come too fast.",
        "Rows are left for a later delivery: the service asks for longer than one waits.",
      ]),
    );
  });

  test("on every reply for one key, which is no throttle: that row is left for later, and holds nobody up", async () => {
    const { world, told } = telling();
    const keys = seedPictures(world.source, 12);
    const [first] = keys;
    world.source.onRequest(({ type, key }) =>
      type === "original" && key === first ? refuse("ServiceUnavailable", { retryAfterMs: 86_400_000 }) : undefined,
    );
    const { summary } = await world.done(runHere(inputFor(keys, { maxAttempts: 3 }), world.surroundings));
    expect(summary).toMatchObject({ state: "complete", archived: 11, failed: 1 });
    expect(world.fetches()[first as string]).toBe(3);
    expect(told.map(({ message }) => message)).toContain(
      "Rows are left for a later delivery: the service asks for longer than one waits.",
    );
  });
});

describe("replies that don't come", () => {
  // Before: a word once the pauses between the tries came to 3 s, and not for the minutes of the tries themselves.
  test.each(["run.json", "summary.json"])("to what is written once, %s, are told of each minute", async (name) => {
    const { world, told, seconds } = telling();
    const keys = seedPictures(world.source, 4);
    const error = new BucketError("PUT: no reply came in 60 s", {
      code: "HeadersTimeout",
      status: 0,
      retryable: true,
      throttled: false,
    });
    let lost = 0;
    world.archive.onRequest(({ type, key }) =>
      type === "put" && key.endsWith(`/${name}`) && lost++ < 3
        ? [
            { kind: "delay", ms: 60_000 },
            { kind: "refuse", error },
          ]
        : undefined,
    );
    const { summary } = await world.done(runHere(inputFor(keys), world.surroundings));
    expect(summary).toMatchObject({ state: "complete", archived: 4 });
    expect(lost).toBeGreaterThan(3);
    expect(seconds()).toBeGreaterThan(180);
    expect(longestSilence(told, seconds())).toBeLessThanOrEqual(65);
  });

  test("are told of before a minute is over, and each minute", async () => {
    const { world, told, seconds } = telling();
    const keys = seedPictures(world.source, 4);
    world.source.onRequest(({ type }) => (type === "original" ? { kind: "delay", ms: 200_000 } : undefined));
    await world.done(runHere(inputFor(keys), world.surroundings));
    expect(told[0]).toMatchObject({ message: "No row has ended for a while.", fields: { run: "r", underWay: 4 } });
    expect(longestSilence(told, seconds())).toBeLessThanOrEqual(61);
  });
});
