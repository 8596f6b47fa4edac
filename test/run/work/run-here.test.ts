import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type BucketClient, createBucketClient } from "../../../src/cos/client.ts";
import { staticCredentials } from "../../../src/credentials/credentials.ts";
import { type Emulator, startEmulator } from "../../../src/emulator/emulator.ts";
import { writeControl } from "../../../src/ledger/control.ts";
import { paths } from "../../../src/ledger/layout.ts";
import { readRun } from "../../../src/ledger/plan/run-document.ts";
import type { Bucket } from "../../../src/objects/bucket.ts";
import { rowsOf as sumOf } from "../../../src/report/tally.ts";
import type { RunInput } from "../../../src/run/plan/begin-run.ts";
import type { Progress, Surroundings } from "../../../src/run/surroundings/surroundings.ts";
import { type RunHereOptions, runHere } from "../../../src/run/work/run-here.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { jsonLog, silentLog } from "../../../src/vocabulary/log.ts";
import { ulidAt } from "../../ledger/samples.ts";
import { quick } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { anonymousWorker } from "../anonymous-worker.ts";
import { archivePlace, createWorld, ledgerPlace, region, seedPictures, sourcePlace, type World } from "../world.ts";
import { inputFor } from "./input.ts";

const run = (world: World, input: RunInput, options?: RunHereOptions) =>
  world.done(runHere(input, world.surroundings, options));

describe("a run on one machine", () => {
  test("plans, archives and reports, every key fetched once", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 25);
    const { summary, prefix } = await run(world, inputFor([...keys, "photos/none.jpg"], { shardSize: 4 }));
    expect(prefix).toBe(".originals/runs/r/");
    expect(summary).toMatchObject({
      state: "complete",
      rows: 26,
      archived: 25,
      failed: 1,
      pending: 0,
      manifest: "keys.txt",
    });
    expect(world.summary("r")).toEqual(summary);
    expect(world.fetches()).toEqual(Object.fromEntries([...keys, "photos/none.jpg"].map((key) => [key, 1])));
    for (const key of keys) expect(world.archive.object(key)?.bytes).toEqual(world.source.object(key)?.bytes);
  });

  test.skipIf(quick)("is over as soon as its last shard is, and waits for nothing before", async () => {
    const world = createWorld({ concurrency: 2 });
    const keys = seedPictures(world.source, 200);
    const begun = world.clock.now();
    expect((await run(world, inputFor(keys, { shardSize: 1 }))).summary).toMatchObject({
      state: "complete",
      archived: 200,
    });
    expect(world.clock.now()).toBe(begun);
  });

  test("that is complete answers with its summary, and asks nothing of the source", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 5);
    const first = await run(world, inputFor(keys));
    world.source.forgetLog();
    const rows = () => {
      throw new Error("the manifest was read again");
    };
    const second = await run(world, { ...inputFor(keys), rows });
    expect(second).toEqual(first);
    expect(world.source.log).toEqual([]);
  });

  test("that finds nothing in a listing is complete where that is allowed", async () => {
    const world = createWorld();
    const none = { ...inputFor([], {}, { rows: { kind: "listing", prefix: "photos/" } }), rows: async function* () {} };
    expect((await run(world, { ...none, leastRows: 0 })).summary).toMatchObject({ state: "complete", rows: 0 });
  });

  test("reports progress that only grows, up to the whole", async () => {
    const world = createWorld({ concurrency: 2 });
    const keys = seedPictures(world.source, 12);
    world.source.onRequest(({ type }) => (type === "original" ? { kind: "delay", ms: 400 } : undefined));
    const seen: Progress[] = [];
    await run(world, inputFor(keys, { shardSize: 3 }), { onProgress: (progress) => seen.push(progress) });
    const counts = seen.map(({ archived }) => archived);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(new Set(counts).size).toBeGreaterThan(3);
    expect(seen.at(-1)).toMatchObject({ rows: 12, archived: 12, skipped: 0, failed: 0 });
  });

  test.each([1, 3, 7, 11])("interrupted after %i fetches is incomplete, and goes on where it was", async (fetches) => {
    const world = createWorld({ concurrency: 2 });
    const keys = seedPictures(world.source, 12);
    const stop = new AbortController();
    world.source.onRequest(({ type, nth }) => {
      if (type === "original" && nth === fetches) stop.abort();
      return type === "original" ? { kind: "delay", ms: 300 } : undefined;
    });
    const first = await run(world, inputFor(keys, { shardSize: 5 }), { signal: stop.signal });
    expect(first.summary.state).toBe("incomplete");
    expect(first.summary.pending).toBeGreaterThan(0);
    expect(sumOf(first.summary)).toBe(12);
    expect(world.summary("r")).toEqual(first.summary);
    expect(world.results("r").length).toBe(12 - first.summary.pending);
    const shown: Progress[] = [];
    const onProgress = (progress: Progress) => shown.push(progress);
    const second = await run(world, inputFor(keys, { shardSize: 5 }), { onProgress });
    expect(second.summary).toMatchObject({ state: "complete", archived: 12, pending: 0 });
    expect(world.fetches()).toEqual(Object.fromEntries(keys.map((key) => [key, 1])));
    // Its speed is reckoned from what it ended itself.
    expect(shown.at(-1)).toMatchObject({ archived: 12, here: { ended: first.summary.pending } });
  });

  test("told to stop at once gives up what is under way, says so in the ledger, and can be gone on with at once", async () => {
    const world = createWorld({ concurrency: 2 });
    const keys = seedPictures(world.source, 6);
    const [stop, giveUp] = [new AbortController(), new AbortController()];
    let hang = true;
    world.source.onRequest(({ type, nth }) => {
      if (type !== "original" || !hang) return undefined;
      if (nth !== 3) return undefined;
      stop.abort();
      giveUp.abort();
      return { kind: "delay", ms: 24 * 3_600_000 };
    });
    const begun = world.clock.elapsed();
    const shown: Progress[] = [];
    const first = await run(world, inputFor(keys, { shardSize: 6 }), {
      signal: stop.signal,
      giveUp: giveUp.signal,
      onProgress: (progress) => shown.push(progress),
    });
    expect(first.summary).toMatchObject({ state: "incomplete", failed: 0 });
    expect(first.summary.pending).toBeGreaterThan(0);
    expect(world.clock.elapsed() - begun).toBeLessThan(1_500);
    // Its process stops, and what is left is handed over.
    const ends = world.archive.keys().filter((key) => key.endsWith("-end"));
    expect(ends.map((key) => world.archive.object(key)?.bytes.length)).toEqual([3]);
    hang = false;
    const from = world.clock.elapsed();
    const second = await run(world, inputFor(keys, { shardSize: 6 }));
    expect(second.summary).toMatchObject({ state: "complete", archived: 6 });
    // Nobody was waited for.
    expect(world.clock.elapsed() - from).toBeLessThan(5_000);
  });

  test("told to stop before it began plans, and no more", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 3);
    const { summary } = await run(world, inputFor(keys), { signal: AbortSignal.abort() });
    expect(summary).toMatchObject({ state: "incomplete", rows: 3, pending: 3 });
    expect(world.fetches()).toEqual({});
  });

  test("whose process died recovers what was archived and not recorded, without fetching it again", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 4);
    const input = inputFor(keys);
    await run(world, input, { signal: AbortSignal.abort() });
    const plan = (await readRun(world.ledger("r")))?.plan ?? "";
    expect(plan).not.toBe("");
    // An attempt that opened, put one original, and was never heard of again.
    await world.ledger("r").put(paths.open(0, ulidAt(1), 0), "");
    const { bytes, headers } = world.source.object(keys[1] ?? "") ?? { bytes: Buffer.alloc(0), headers: {} };
    world.archive.seed(keys[1] ?? "", bytes, { headers: { ...headers, "x-cos-meta-original-run": "r" } });
    await world.clock.advance(60_000);
    const { summary } = await run(world, input);
    expect(summary).toMatchObject({ state: "complete", archived: 4, recovered: 1, skipped: 0 });
    expect(world.fetches()).toEqual(Object.fromEntries(keys.filter((_, n) => n !== 1).map((key) => [key, 1])));
  });

  test("of the rows that were left by a crash while one worker's sign of life is fresh waits for it to grow old", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 2);
    await run(world, inputFor(keys), { signal: AbortSignal.abort() });
    await world.ledger("r").put(paths.open(0, ulidAt(1), 0), "");
    const before = world.clock.now();
    const { summary } = await run(world, inputFor(keys));
    expect(summary.state).toBe("complete");
    expect(world.clock.now() - before).toBeGreaterThan(30_000);
  });

  test("asked something else under the same id is refused, and nothing changes", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 3);
    await run(world, inputFor(keys));
    const before = world.archive.keys();
    for (const [field, other] of [
      ["proof", inputFor(keys, { proof: "crc64" })],
      ["manifest", inputFor(keys.slice(1))],
    ] as const) {
      await expect(run(world, other)).rejects.toMatchObject({
        code: "RunDiffers",
        message: expect.stringContaining(field),
      });
    }
    expect(world.archive.keys()).toEqual(before);
  });

  test.each([
    ["of the source", "source", "InvalidAccessKeyId", "RefusedError", "InvalidAccessKeyId"],
    ["of the source", "source", "SignatureDoesNotMatch", "RefusedError", "SignatureDoesNotMatch"],
    ["of the archive", "archive", "InvalidAccessKeyId", "RefusedError", "InvalidAccessKeyId"],
    ["of the archive, which keeps the ledger", "archive", "AccessDenied", "RefusedError", "AccessDenied"],
    ["of a source that is not there", "source", "NoSuchBucket", "UserError", "NoSuchBucket"],
  ] as const)(
    "with wrong credentials %s (%s, %s) is refused before anything is written",
    async (_, which, code, name, expected) => {
      const world = createWorld();
      const keys = seedPictures(world.source, 3);
      world[which].onRequest(({ type }) =>
        type === "list" ? refuse(code, { status: code === "NoSuchBucket" ? 404 : 403 }) : undefined,
      );
      const work = run(world, inputFor(keys));
      await expect(work).rejects.toMatchObject({
        name,
        code: expected,
        message: expect.stringContaining(world[which].name),
      });
      expect(world.archive.keys()).toEqual([]);
      expect(world.fetches()).toEqual({});
    },
  );

  test("needs no permission to list the source where it need not list it", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 3);
    world.source.onRequest(({ type }) => (type === "list" ? refuse("AccessDenied") : undefined));
    expect((await run(world, inputFor(keys))).summary.state).toBe("complete");
    await expect(
      run(world, inputFor([], {}, { run: "l", rows: { kind: "listing", prefix: "" } })),
    ).rejects.toMatchObject({
      code: "AccessDenied",
      message: expect.stringContaining("cos:GetBucket"),
    });
  });

  test("says what S3 calls the permission to list, where the ledger is there", async () => {
    const world = createWorld();
    const there = { ...world.archive, address: "s3://photo-archive" };
    const { open } = world.surroundings;
    const surroundings: Surroundings = {
      ...world.surroundings,
      open: (role, place) => (role === "source" ? open(role, place) : there),
    };
    world.archive.onRequest(({ type }) => (type === "list" ? refuse("AccessDenied") : undefined));
    await expect(run({ ...world, surroundings }, inputFor(seedPictures(world.source, 3)))).rejects.toMatchObject({
      code: "AccessDenied",
      message: expect.stringMatching(/s3:\/\/photo-archive .*; it needs s3:ListBucket \(listing\) there$/),
    });
  });

  test("looks once more where the first look failed for the moment", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 3);
    const hiccup = ({ type, nth }: { type: string; nth: number }) =>
      type === "list" && nth === 1 ? refuse("ServiceUnavailable") : undefined;
    world.source.onRequest(hiccup);
    world.archive.onRequest(hiccup);
    expect((await run(world, inputFor(keys))).summary.state).toBe("complete");
  });

  test("ends with the ledger's error where the ledger can't be written, and can be continued", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 6);
    world.archive.onRequest(({ type, key }) =>
      type === "put" && key.endsWith(".jsonl.gz") && key.includes("/outcomes/") ? refuse("AccessDenied") : undefined,
    );
    await expect(run(world, inputFor(keys, { shardSize: 2 }))).rejects.toMatchObject({
      name: "BucketError",
      code: "AccessDenied",
    });
    world.archive.onRequest(undefined);
    await world.clock.advance(60_000);
    expect((await run(world, inputFor(keys, { shardSize: 2 }))).summary).toMatchObject({
      state: "complete",
      archived: 6,
    });
  });

  test("outlives a ledger that is out of reach for a while", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 6);
    let bad = false;
    world.source.onRequest(({ type, nth }) => {
      if (type === "original" && nth === 2) bad = true;
      return undefined;
    });
    const from = world.clock.now();
    world.archive.onRequest(({ at, key }) =>
      bad && key.startsWith(".originals/") && at - from < 5_000 ? refuse("ServiceUnavailable") : undefined,
    );
    expect((await run(world, inputFor(keys, { shardSize: 2 }))).summary).toMatchObject({
      state: "complete",
      archived: 6,
    });
  });

  test("halts with the reason where no key can be fetched, and goes on after resume", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 6);
    world.source.onRequest(({ type }) =>
      type === "original" ? refuse("PaymentRequired", { status: 402 }) : undefined,
    );
    const { summary } = await run(world, inputFor(keys));
    expect(summary).toMatchObject({ state: "halted", rows: 6, archived: 0, failed: 0, pending: 6 });
    expect(summary.reason).toContain("PaymentRequired");
    expect(world.summary("r")).toEqual(summary);
    world.source.onRequest(undefined);
    expect((await run(world, inputFor(keys))).summary.state).toBe("halted");
    await writeControl(world.ledger("r"), "resume", "paid", "2026-01-16T00:00:00.000Z");
    await world.clock.advance(60_000);
    expect((await run(world, inputFor(keys))).summary).toMatchObject({ state: "complete", archived: 6 });
  });

  test("cancelled by somebody else starts nothing after the next heartbeat, and says so", async () => {
    const world = createWorld({ concurrency: 1 });
    const keys = seedPictures(world.source, 40);
    world.source.onRequest(({ type, nth }) => {
      if (type === "original" && nth === 3) {
        void writeControl(world.ledger("r"), "cancel", "wrong bucket", "2026-01-15T12:00:01.000Z");
      }
      return type === "original" ? { kind: "delay", ms: 2_000 } : undefined;
    });
    const { summary } = await run(world, inputFor(keys));
    expect(summary).toMatchObject({ state: "cancelled", rows: 40, failed: 0, reason: "wrong bucket" });
    expect(summary.archived).toBeGreaterThan(0);
    expect(summary.archived).toBeLessThanOrEqual(3 + 10_000 / 2_000 + 2);
    expect(sumOf(summary)).toBe(40);
  });

  test("cancelled, and resumed right after, comes to its end when it is continued", async () => {
    const world = createWorld({ concurrency: 1 });
    const keys = seedPictures(world.source, 30);
    const ledger = world.ledger("r");
    world.source.onRequest(({ type, nth }) => {
      if (type === "original" && nth === 3) {
        void writeControl(ledger, "cancel", "wait", "2026-01-15T12:00:01.000Z").then(async () => {
          await world.clock.sleep(11_000);
          await writeControl(ledger, "resume", "go on", "2026-01-15T12:00:20.000Z");
        });
      }
      return type === "original" ? { kind: "delay", ms: 1_000 } : undefined;
    });
    const { summary } = await run(world, inputFor(keys, { shardSize: 15 }));
    expect(summary.state).toBe("cancelled");
    await world.clock.advance(20_000);
    const end = (await run(world, inputFor(keys, { shardSize: 15 }))).summary;
    expect(end).toMatchObject({ state: "complete", archived: 30 });
    expect(world.fetches()).toEqual(Object.fromEntries(keys.map((key) => [key, 1])));
  });

  test("over its failure budget is halted with the numbers as the reason", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 4);
    const { summary } = await run(world, inputFor([...keys, "x", "y", "z"], { maxFailures: "2", shardSize: 1 }));
    expect(summary.state).toBe("halted");
    expect(summary.reason).toMatch(/^\d of \d rows failed, more than --max-failures 2 allows$/);
    expect(sumOf(summary)).toBe(7);
  });

  test("writes no secret, signature or token into the ledger, the report or the log", async () => {
    const lines: string[] = [];
    const world = createWorld({
      log: jsonLog(
        (line) => void lines.push(line),
        () => 0,
      ),
    });
    const keys = seedPictures(world.source, 3);
    await run(world, inputFor([...keys, "none"]));
    const everything = world.archive.keys().map((key) => world.archive.object(key)?.bytes.toString("latin1") ?? "");
    expect([...lines, ...everything].join("\n")).not.toMatch(/q-signature|security-token|secretkey/i);
  });
});

describe("over HTTP, against the embedded COS", () => {
  const credentials = { secretId: "AKIDRUNHERE", secretKey: "a-secret-of-this-test" };

  async function withEmulator(
    work: (emulator: Emulator, surroundings: (over?: Partial<typeof credentials>) => Surroundings) => Promise<void>,
  ) {
    const dataDir = mkdtempSync(join(tmpdir(), "run-here-"));
    const emulator = await startEmulator({
      dataDir,
      credentials: [credentials],
      buckets: [
        { name: sourcePlace.bucket, region, protect: ["jpg"] },
        { name: archivePlace.bucket, region },
      ],
    });
    const clients: BucketClient[] = [];
    const surroundings = (over: Partial<typeof credentials> = {}): Surroundings => {
      const opened = new Map<string, Bucket>();
      return {
        clock: systemClock,
        random: Math.random,
        log: silentLog,
        settings: { concurrency: 8 },
        worker: anonymousWorker,
        open(role, { bucket, region }) {
          const known = opened.get(`${role} ${bucket}`);
          if (known !== undefined) return known;
          const client = createBucketClient({
            bucket,
            region,
            endpoint: emulator.url,
            credentials: staticCredentials({ ...credentials, ...over }),
            clock: systemClock,
            connections: 16,
          });
          clients.push(client);
          opened.set(`${role} ${bucket}`, client);
          return client;
        },
      };
    };
    try {
      await work(emulator, surroundings);
    } finally {
      await Promise.all(clients.map((client) => client.close()));
      await emulator.close();
      rmSync(dataDir, { recursive: true, force: true });
    }
  }

  const seed = async (surroundings: Surroundings, count: number): Promise<string[]> => {
    const bucket = surroundings.open("source", sourcePlace);
    const keys = Array.from({ length: count }, (_, n) => `photos/é ${n}+&.jpg`);
    for (const key of keys) await bucket.put(key, Buffer.from(`picture ${key}`.repeat(50)));
    return keys;
  };

  test("a run with faults on the way archives protected originals, byte for byte", async () => {
    await withEmulator(async (emulator, surroundings) => {
      const world = surroundings();
      const keys = await seed(world, 60);
      let faults = 12;
      emulator.faults.use(({ nth, bucket }) => {
        if (bucket !== sourcePlace.bucket || nth % 7 !== 3 || faults === 0) return undefined;
        faults--;
        return nth % 2 === 0 ? { kind: "reset", when: "before" } : { kind: "error", code: "InternalError" };
      });
      const { summary } = await runHere(inputFor(keys, { shardSize: 20 }), world);
      emulator.faults.clear();
      expect(summary).toMatchObject({ state: "complete", rows: 60, archived: 60, failed: 0, pending: 0 });
      const [source, archive] = [world.open("source", sourcePlace), world.open("archive", archivePlace)];
      for (const key of keys.slice(0, 5)) {
        await expect(source.get(key)).rejects.toMatchObject({ status: 403 });
        const [original, copy] = [await source.get(key, { originImage: true }), await archive.get(key)];
        expect(copy.kind === "bytes" && original.kind === "bytes" && copy.bytes.equals(original.bytes)).toBe(true);
      }
    });
  });

  test("a run interrupted is continued, and wrong credentials are refused before anything is written", async () => {
    await withEmulator(async (emulator, surroundings) => {
      const world = surroundings();
      const keys = await seed(world, 40);
      const wrong = surroundings({ secretKey: "another" });
      await expect(runHere(inputFor(keys), wrong)).rejects.toMatchObject({
        name: "RefusedError",
        code: "SignatureDoesNotMatch",
        message: expect.not.stringContaining("another"),
      });
      expect((await world.open("ledger", ledgerPlace).list({ prefix: ".originals/" })).objects).toEqual([]);
      const stop = new AbortController();
      emulator.faults.use(({ operation, nth }) => {
        if (nth === 10 && emulator.requests()[operation] >= 10) stop.abort();
        return undefined;
      });
      const first = await runHere(inputFor(keys, { shardSize: 10 }), world, { signal: stop.signal });
      emulator.faults.clear();
      expect(first.summary.rows).toBe(40);
      const { summary } = await runHere(inputFor(keys, { shardSize: 10 }), world);
      expect(summary).toMatchObject({ state: "complete", archived: 40, pending: 0 });
      expect(summary.requests?.["source.get"]).toBe(40);
    });
  });
});
