/** The nightly schedule looks after runs whose last message was lost. Catches: a run nobody ever finishes, and one woken that was stopped. */
import { describe, expect, test } from "vitest";
import { writeControl } from "../../../src/ledger/control.ts";
import { unfinishedRuns } from "../../../src/run/reconcile/unfinished-runs.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import {
  archivePlace,
  createWorld,
  inlineMessage,
  ledgerPlace,
  seedPictures,
  sourcePlace,
  type World,
} from "../world.ts";

const forever = Number.POSITIVE_INFINITY;
const at = "2026-01-15T12:00:00.000Z";

/** Runs of three shards each, planned, of which every message was lost. */
async function lost(world: World, runs: readonly string[]): Promise<void> {
  const keys = seedPictures(world.source, 3);
  for (const run of runs) await world.deliver(inlineMessage(keys, { run, options: { shardSize: 1 } }));
  const waiting = [...world.queue];
  for (const { body } of waiting) await world.deliver(body);
  world.newProcess();
}

/** The queue as it is after everything on it got lost. */
const emptied = (world: World) => {
  const before = world.queue.length;
  return () => world.queue.slice(before).map(({ message }) => [message.type, message.run]);
};

describe("unfinished runs", () => {
  test("are those with a request and without a complete report that nobody stopped", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 2);
    world.send(inlineMessage(keys, { run: "complete" }));
    await world.drain();
    await lost(world, ["running", "halted", "cancelled", "resumed"]);
    for (const [run, kinds] of [
      ["halted", ["halt"]],
      ["cancelled", ["cancel"]],
      ["resumed", ["cancel", "resume"]],
    ] as const) {
      for (const kind of kinds) await writeControl(world.ledger(run), kind, "so", at);
    }
    const request = {
      schema: "cos-originals/request@1",
      source: sourcePlace,
      archive: archivePlace,
      askedAt: at,
      tool: "t",
    };
    const put = (run: string, path: string, value: object | string) =>
      world.archive.seed(`.originals/runs/${run}/${path}`, typeof value === "string" ? value : JSON.stringify(value));
    const options = JSON.parse(world.archive.object(".originals/runs/running/request.json")?.bytes.toString() ?? "{}");
    put("unplanned", "request.json", { ...options, ...request, run: "unplanned" });
    const file = { kind: "file", name: "keys.txt", digest: "d", format: "lines" };
    put("of-a-file", "request.json", { ...options, ...request, run: "of-a-file", rows: file });
    put("incomplete", "request.json", { ...options, ...request, run: "incomplete" });
    const complete = world.archive.object(".originals/runs/complete/report/summary.json")?.bytes.toString() ?? "";
    put("incomplete", "report/summary.json", complete.replace('"state": "complete"', '"state": "incomplete"'));
    put("no-request", "outcomes/what", "");
    put("not a run id", "request.json", "{}");

    const { runs, all } = await world.done(unfinishedRuns(ledgerPlace, world.surroundings, forever));
    expect([...runs].sort()).toEqual(["incomplete", "resumed", "running", "unplanned"]);
    expect(all).toBe(true);
  });

  test("cost a LIST each where they are over", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 1);
    for (let n = 0; n < 5; n++) world.send(inlineMessage(keys, { run: `night-${n}` }));
    await world.drain();
    world.archive.forgetLog();
    expect((await world.done(unfinishedRuns(ledgerPlace, world.surroundings, forever))).runs).toEqual([]);
    expect(world.archive.count("list")).toBe(6);
    expect(world.archive.count("get")).toBe(5);
  });

  test("are not all looked at where the time is over, and it is said", async () => {
    const world = createWorld();
    await lost(world, ["a", "b", "c"]);
    expect(await world.done(unfinishedRuns(ledgerPlace, world.surroundings, world.clock.now()))).toEqual({
      runs: [],
      all: false,
    });
  });
});

describe("a schedule", () => {
  const schedule = (more: object = {}) => {
    const { keys: _, ...message } = inlineMessage([]);
    return { ...message, prefix: "photos/", scheduledAt: "2026-01-16T02:00:00Z", ledger: ledgerPlace, ...more };
  };

  test("starts its own run, and sends a reconcile message for each that is not over", async () => {
    const world = createWorld();
    await lost(world, ["one", "other"]);
    const sent = emptied(world);
    await world.deliver(schedule());
    expect(sent().filter(([type]) => type === "reconcile")).toEqual(
      expect.arrayContaining([
        ["reconcile", "one"],
        ["reconcile", "other"],
      ]),
    );
    await world.drain();
    for (const run of ["one", "other"]) expect(world.summary(run).state).toBe("complete");
    expect(world.archive.keys().filter((key) => /runs\/listing-.*\/request\.json$/.test(key)).length).toBe(1);
    const again = emptied(world);
    await world.deliver(schedule({ scheduledAt: "2026-01-17T02:00:00Z" }));
    expect(again()).toEqual([]);
  });

  test("starts its own run even where the others can't be looked for", async () => {
    const world = createWorld();
    await lost(world, ["one"]);
    world.archive.onRequest(({ type, key }) =>
      type === "list" && key === ".originals/runs/" ? refuse("AccessDenied") : undefined,
    );
    expect(await world.deliver(schedule())).toEqual({ kind: "acknowledge" });
    expect(world.archive.keys().some((key) => /runs\/listing-.*\/report\/summary\.json$/.test(key))).toBe(true);
  });

  test("is the only message that does so", async () => {
    const world = createWorld();
    await lost(world, ["one"]);
    const sent = emptied(world);
    await world.deliver(inlineMessage(seedPictures(world.source, 1), { run: "asked" }));
    expect(sent()).toEqual([]);
  });
});
