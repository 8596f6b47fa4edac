/** What no row can escape stops the run, says why, charges no row, and a resume goes on once it is repaired. */
import { describe, expect, test } from "vitest";
import type { RunRequest } from "../../src/ledger/plan/request.ts";
import { runOptionsSchema } from "../../src/ledger/plan/run-options.ts";
import type { ManifestEntry } from "../../src/manifest/row.ts";
import { BucketError } from "../../src/objects/error.ts";
import { statusOf } from "../../src/run/inspect/status.ts";
import type { RunInput } from "../../src/run/plan/begin-run.ts";
import { digestOf } from "../../src/run/plan/new-request.ts";
import { resumeRun } from "../../src/run/reconcile/cancel-resume.ts";
import { runHere } from "../../src/run/work/run-here.ts";
import {
  archivePlace,
  createWorld,
  inlineMessage,
  ledgerPlace,
  objectMessage,
  seedPictures,
  sourcePlace,
  type World,
} from "../run/world.ts";
import { type Faults, refusal, refuse, type SeenRequest } from "../stores/bucket-fault.ts";

function inputFor(keys: readonly string[], options: object = {}): RunInput {
  const request: RunRequest = {
    schema: "cos-originals/request@1",
    run: "r",
    source: sourcePlace,
    archive: archivePlace,
    rows: { kind: "file", name: "keys.txt", digest: digestOf(keys), format: "lines" },
    options: runOptionsSchema.parse(options),
    askedAt: "2026-01-15T12:00:00.000Z",
    tool: "cos-originals 0",
  };
  async function* rows(): AsyncGenerator<readonly ManifestEntry[]> {
    yield keys.map((key, n) => ({ kind: "row", row: { key }, at: { line: n + 1 } }));
  }
  return { ledger: ledgerPlace, request, rows };
}
const run = (world: World, input: RunInput) => world.done(runHere(input, world.surroundings));

/** The client says so once it has asked for new credentials and got none. */
const expired = new BucketError("GET: status 400, ExpiredToken; the temporary credentials have ended: renew them", {
  code: "ExpiredToken",
  status: 400,
  retryable: false,
  throttled: false,
});

const causes: readonly (readonly [string, (request: SeenRequest) => Faults])[] = [
  ["InvalidAccessKeyId", () => refuse("InvalidAccessKeyId")],
  ["ExpiredToken", () => ({ kind: "refuse", error: expired })],
  ["PaymentRequired", () => refuse("PaymentRequired", { status: 402 })],
  [
    "-162",
    () => ({ kind: "refuse", error: refusal("BadRequest", { status: 400, errNo: -162, what: "X-ErrNo -162" }) }),
  ],
  ["AccessDenied", () => refuse("AccessDenied")],
];

describe.each(causes)("refused with %s", (reason, refused) => {
  const after = 20;
  const broken = (world: World) =>
    world.source.onRequest((request) =>
      world.source.count("original") > after && request.type !== "head" ? refused(request) : undefined,
    );

  test("in the middle of a run on one machine: it is halted, with the reason in its summary, and goes on after resume", async () => {
    const world = createWorld({ concurrency: 4 });
    const keys = seedPictures(world.source, 100);
    broken(world);
    const { summary } = await run(world, inputFor(keys, { shardSize: 50 }));
    expect(summary).toMatchObject({ state: "halted", rows: 100, failed: 0 });
    expect(summary.reason).toContain(reason);
    expect(summary.archived).toBeLessThanOrEqual(after);
    expect(summary.pending).toBe(100 - summary.archived);
    // A streak, what was in flight, and what began while the bucket itself was asked.
    expect(world.source.count("original")).toBeLessThanOrEqual(after + 30);
    world.source.onRequest(undefined);
    await world.done(resumeRun(ledgerPlace, "r", world.surroundings));
    await world.clock.advance(60_000);
    const end = (await run(world, inputFor(keys, { shardSize: 50 }))).summary;
    expect(end).toMatchObject({ state: "complete", rows: 100, archived: 100, failed: 0, pending: 0 });
    expect(end.reason).toBeUndefined();
    // What the refusals had in hand was not charged.
    for (const row of world.results("r")) expect(row).toContain("archived");
  });

  test("by way of a queue: status tells it, no shard is worked meanwhile, and resume goes on", async () => {
    const world = createWorld({ concurrency: 4 });
    const keys = seedPictures(world.source, 60);
    world.source.seed("keys.txt", keys.join("\n"));
    world.send(
      objectMessage("keys.txt", {
        run: "q",
        manifest: { ...objectMessage("keys.txt").manifest, format: "lines" },
        options: { shardSize: 10 },
      }),
    );
    broken(world);
    await world.drain();
    const { summary } = await world.done(statusOf(ledgerPlace, "q", world.surroundings));
    expect(summary).toMatchObject({ state: "halted", rows: 60, failed: 0 });
    expect(summary.reason).toContain(reason);
    const fetched = world.source.count("original");
    await world.drain();
    expect(world.source.count("original")).toBe(fetched);
    world.source.onRequest(undefined);
    const sender = { send: async (body: string) => world.send(JSON.parse(body)) };
    await world.done(resumeRun(ledgerPlace, "q", world.surroundings, sender));
    await world.drain();
    expect(world.summary("q")).toMatchObject({ state: "complete", archived: 60, failed: 0, pending: 0 });
  });
});

test("a streak of AccessDenied that a row archived before does not share is about those keys: they fail, the run goes on", async () => {
  const world = createWorld({ concurrency: 4 });
  const keys = seedPictures(world.source, 60);
  const denied = new Set(keys.slice(10, 40));
  world.source.onRequest(({ type, key }) =>
    type === "original" && denied.has(key) ? refuse("AccessDenied") : undefined,
  );
  const { summary } = await run(world, inputFor(keys));
  expect(summary).toMatchObject({ state: "complete", archived: 30, failed: 30, pending: 0 });
  expect(summary.failures).toEqual([expect.objectContaining({ code: "AccessDenied", count: 30 })]);
});

describe("--max-failures", () => {
  /** `missing` of the first rows are not there. */
  const runWith = async (rows: number, missing: number, options: object) => {
    const world = createWorld({ concurrency: 4 });
    const keys = seedPictures(world.source, rows);
    for (const key of keys.slice(0, missing)) world.source.removeObject(key);
    world.source.onRequest(({ type }) => (type === "original" ? { kind: "delay", ms: 200 } : undefined));
    const { summary } = await run(world, inputFor(keys, options));
    return { world, keys, summary };
  };

  test("as a number halts a run in the middle; what was not tried is pending, and resume archives the rest", async () => {
    const { world, keys, summary } = await runWith(400, 60, { shardSize: 20, maxFailures: "30" });
    expect(summary).toMatchObject({ state: "halted" });
    expect(summary.reason).toMatch(/^\d+ of \d+ rows failed, more than --max-failures 30 allows$/);
    expect(summary.pending).toBeGreaterThan(0);
    expect(summary.archived + summary.failed + summary.pending).toBe(400);
    await world.done(resumeRun(ledgerPlace, "r", world.surroundings));
    await world.clock.advance(60_000);
    const end = (await run(world, inputFor(keys, { shardSize: 20, maxFailures: "30" }))).summary;
    expect(end).toMatchObject({ state: "complete", archived: 340, failed: 60, pending: 0 });
  });

  test("as a number that is not exceeded lets the run end", async () => {
    const { summary } = await runWith(100, 30, { shardSize: 20, maxFailures: "30" });
    expect(summary).toMatchObject({ state: "complete", archived: 70, failed: 30 });
  });

  test("as a percentage says nothing before a thousand rows, whatever their share", async () => {
    // 90 of the first 100 are missing, 4.5 % of all.
    const { summary } = await runWith(2_000, 90, { shardSize: 100, maxFailures: "10%" });
    expect(summary).toMatchObject({ state: "complete", archived: 1_910, failed: 90 });
  });

  test("as a percentage is judged from a thousand rows on", async () => {
    const { summary } = await runWith(3_000, 150, { shardSize: 100, maxFailures: "10%" });
    expect(summary.state).toBe("halted");
    const [, failed, ended] =
      /^(\d+) of (\d+) rows failed, more than --max-failures 10% allows$/.exec(summary.reason ?? "") ?? [];
    expect(Number(ended)).toBeGreaterThanOrEqual(1_000);
    expect(Number(failed)).toBe(150);
    expect(summary.pending).toBeGreaterThan(0);
  });

  test("by way of a queue halts the run at its next reconciling", async () => {
    const world = createWorld({ concurrency: 4 });
    const keys = seedPictures(world.source, 60);
    for (const key of keys.slice(0, 30)) world.source.removeObject(key);
    world.send(inlineMessage(keys, { run: "q", options: { shardSize: 5, maxFailures: "10" } }));
    await world.drain();
    const { summary } = await world.done(statusOf(ledgerPlace, "q", world.surroundings));
    expect(summary.state).toBe("halted");
    expect(summary.reason).toMatch(/^\d+ of \d+ rows failed, more than --max-failures 10 allows$/);
  });
});
