/** Catches: a door that writes before it has refused, plans what another should, or begins anew what is over. */
import { describe, expect, test } from "vitest";
import { writeControl } from "../../../src/ledger/control.ts";
import { createRequest, type RunRequest, readRequest } from "../../../src/ledger/plan/request.ts";
import { readRun } from "../../../src/ledger/plan/run-document.ts";
import { runOptionsSchema } from "../../../src/ledger/plan/run-options.ts";
import { writeSummaryFiles } from "../../../src/ledger/report/summary.ts";
import type { ManifestEntry } from "../../../src/manifest/row.ts";
import { tallyToSummary } from "../../../src/report/summary.ts";
import { emptyTally } from "../../../src/report/tally.ts";
import { beginnings, beginRun, type RunInput } from "../../../src/run/plan/begin-run.ts";
import { quick } from "../../setup/quick.ts";
import { archivePlace, createWorld, ledgerPlace, region, sourcePlace, type World } from "../world.ts";

type Door = keyof typeof beginnings;
const doors = ["message", "run", "submit"] as const satisfies readonly Door[];
const shardSize = 3;

const object = { kind: "object", bucket: sourcePlace.bucket, region, key: "keys", etag: "e", format: "lines" } as const;
const file = { kind: "file", name: "keys", digest: "d", format: "lines" } as const;

async function* entries(count: number): AsyncGenerator<readonly ManifestEntry[]> {
  for (let n = 0; n < count; n++) yield [{ kind: "row", row: { key: `${n}.jpg` }, at: { line: n + 1 } }];
}

function inputOf(rows: number, over: Partial<RunRequest> = {}): RunInput {
  const request: RunRequest = {
    schema: "cos-originals/request@1",
    run: "r",
    source: sourcePlace,
    archive: archivePlace,
    rows: object,
    options: runOptionsSchema.parse({ shardSize }),
    askedAt: "2026-01-15T12:00:00.000Z",
    tool: "test",
    ...over,
  };
  return { ledger: ledgerPlace, request, rows: () => entries(rows) };
}

const begin = (world: World, door: Door, input: RunInput, signal?: AbortSignal) =>
  world.done(beginRun(input, beginnings[door], world.surroundings, signal));

const neverRead = (input: RunInput): RunInput => ({
  ...input,
  rows: () => {
    throw new Error("the rows of a run that is planned were read");
  },
});

async function planned(): Promise<World> {
  const world = createWorld();
  await begin(world, "run", inputOf(4));
  return world;
}

describe("a new run", () => {
  test.each([
    ["message", object, 3, "planned"],
    ["message", object, 4, "handed on"],
    ["message", file, 4, "handed on"],
    ["run", object, 4, "planned"],
    ["run", file, 4, "planned"],
    ["submit", object, 3, "handed on"],
    ["submit", file, 4, "planned"],
  ] as const)("by %s of an %o with %i rows, three a shard, is %s", async (door, rows, count, kind) => {
    const world = createWorld();
    const input = inputOf(count, { rows });
    expect(await begin(world, door, input)).toMatchObject({ kind });
    const ledger = world.ledger("r");
    expect(await world.done(readRequest(ledger))).toEqual(input.request);
    const run = await world.done(readRun(ledger));
    expect(run?.rows).toBe(kind === "planned" ? count : undefined);
    expect(run?.request).toEqual(kind === "planned" ? input.request : undefined);
  });

  test.each(doors)("by %s is the request that was there before, where another was first", async (door) => {
    const world = createWorld();
    const { request } = inputOf(2, { rows: file, askedAt: "2026-01-01T00:00:00.000Z" });
    await world.done(createRequest(world.ledger("r"), request));
    expect(await begin(world, door, inputOf(2, { rows: file }))).toMatchObject({ kind: "planned", run: { request } });
  });

  describe("of which the ledger held nothing just now, in a bucket that forbids no overwriting", () => {
    /** As soon as this one's request is written, another one's takes its place. */
    function overtakenBy(over: Partial<RunRequest>) {
      const world = createWorld();
      const { request } = inputOf(4, { askedAt: "2026-01-01T00:00:00.000Z", ...over });
      world.archive.onRequest(({ type, key }) => {
        if (type === "get" && key.endsWith("/request.json")) world.archive.seed(key, JSON.stringify(request));
        return undefined;
      });
      return { world, request };
    }

    test("is refused where that one asks for something else, and has no plan", async () => {
      const { world } = overtakenBy({ rows: { ...object, etag: "another" } });
      const input: RunInput = { ...inputOf(4), before: "nothing" };
      await expect(begin(world, "run", input)).rejects.toMatchObject({ code: "RunDiffers" });
      expect(world.archive.keys().some((key) => key.endsWith("/run.json"))).toBe(false);
    });

    test("is planned as that one asks where it is the same run", async () => {
      const { world, request } = overtakenBy({ options: runOptionsSchema.parse({ shardSize: 2 }) });
      const begun = await begin(world, "run", { ...inputOf(4), before: "nothing" });
      expect(begun).toMatchObject({ kind: "planned", run: { request, shards: 2, rows: 4 } });
    });
  });

  test("is somebody else's where they were first since the ledger was looked at", async () => {
    const world = createWorld();
    const { request } = inputOf(4, { askedAt: "2026-01-01T00:00:00.000Z" });
    await world.done(createRequest(world.ledger("r"), request));
    const begun = await begin(world, "run", { ...inputOf(4), before: "nothing" });
    expect(begun).toMatchObject({ kind: "planned", isNew: false, run: { request } });
  });

  test.each([
    ["message", 0],
    ["run", 1],
    ["submit", 1],
  ] as const)("by %s looks at the source %i times before its rows are read", async (door, looks) => {
    const world = createWorld();
    let looked: number | undefined;
    const input = inputOf(2);
    const rows = () => {
      looked ??= world.source.count("list");
      return input.rows();
    };
    await begin(world, door, { ...input, rows });
    expect(looked).toBe(looks);
  });

  test.skipIf(quick)("by run stops planning where it is asked to, and says so", async () => {
    const world = createWorld();
    const stop = new AbortController();
    async function* rows(): AsyncGenerator<readonly ManifestEntry[]> {
      yield* entries(60_000);
    }
    stop.abort(new DOMException("enough", "AbortError"));
    const input = { ...inputOf(0, { options: runOptionsSchema.parse({ shardSize: 10_000 }) }), rows };
    await expect(begin(world, "run", input, stop.signal)).rejects.toThrow("enough");
    // As far as it came: the next one goes on from there.
    expect(world.archive.keys().some((key) => key.includes("/plans/cursor-"))).toBe(true);
  });
});

describe("a run that is there", () => {
  test.each(doors)("is gone on with by %s as it was planned, and its rows are not read", async (door) => {
    const world = await planned();
    const begun = await begin(world, door, neverRead(inputOf(4, { askedAt: "2027-01-01T00:00:00.000Z" })));
    expect(begun).toMatchObject({ kind: "planned", run: { rows: 4, request: inputOf(4).request } });
  });

  test.each(doors)("and is over, %s finds complete", async (door) => {
    const world = await planned();
    await world.done(
      writeSummaryFiles(world.ledger("r"), tallyToSummary(emptyTally(), { run: "r", state: "complete" })),
    );
    expect(await begin(world, door, neverRead(inputOf(4)))).toMatchObject({
      kind: "complete",
      summary: { run: "r", state: "complete" },
    });
  });

  test.each(["halt", "cancel"] as const)(
    "and had a %s, only submit refuses: workers would drop what it sends",
    async (control) => {
      const world = await planned();
      await world.done(writeControl(world.ledger("r"), control, "why", "2026-01-15T12:00:00.000Z"));
      for (const door of ["message", "run"] as const) {
        expect(await begin(world, door, neverRead(inputOf(4)))).toMatchObject({ kind: "planned" });
      }
      await expect(begin(world, "submit", neverRead(inputOf(4)))).rejects.toMatchObject({
        code: "RunStopped",
        message: `The run "r" was ${control === "halt" ? "halted" : "cancelled"}, and workers drop what is sent of it; let it go on with: cos-originals resume r`,
      });
    },
  );
});

describe("what is refused", () => {
  const template = { options: runOptionsSchema.parse({ shardSize, archiveKey: "{nothing}" }) };
  const nowhere = { source: { ...sourcePlace, bucket: "missing-1250000000" } };
  const another = { source: { ...sourcePlace, prefix: "2025/" } };

  test.each(
    doors.flatMap((door) => [
      [door, "a template that nobody knows", inputOf(2, template), "InvalidArchiveKey"] as const,
      [door, "a manifest without rows", inputOf(0, { rows: file }), "EmptyManifest"] as const,
      ...(door === "message"
        ? []
        : [[door, "a bucket that is not there", inputOf(2, nowhere), "NoSuchBucket"] as const]),
    ]),
  )("by %s for %s is refused before anything is written", async (door, _, input, code) => {
    const world = createWorld();
    await expect(begin(world, door, input)).rejects.toMatchObject({ code });
    expect(world.archive.keys()).toEqual([]);
  });

  test.each(doors)("by %s because the run was asked something else leaves that run as it was", async (door) => {
    const world = await planned();
    const before = world.archive.keys();
    await expect(begin(world, door, inputOf(4, another))).rejects.toMatchObject({ code: "RunDiffers" });
    expect(world.archive.keys()).toEqual(before);
  });
});
