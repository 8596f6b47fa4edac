/** `run` over originals in an archive class: it waits, says so, and goes on where it was. */
import { describe, expect, test } from "vitest";
import { summaryText } from "../../../src/report/summary-text.ts";
import { statusOf } from "../../../src/run/inspect/status.ts";
import { lookForOthers } from "../../../src/run/places/other-runs.ts";
import type { Progress } from "../../../src/run/surroundings/surroundings.ts";
import { type RunHereOptions, runHere } from "../../../src/run/work/run-here.ts";
import type { Log } from "../../../src/vocabulary/log.ts";
import { quick } from "../../setup/quick.ts";
import { createWorld, ledgerPlace, seedPictures, type World } from "../world.ts";
import { inputFor } from "./input.ts";

const MINUTE = 60_000;
const COLD = 10;

/** Ten pictures in ARCHIVE, two that are not; a restore takes three minutes. */
function given() {
  const warned: { readonly message: string; readonly rows?: unknown; readonly at: number }[] = [];
  const log: Log = {
    info: () => undefined,
    warn: (message, fields) => void warned.push({ message, rows: fields?.rows, at: world.clock.now() }),
    error: () => undefined,
  };
  const world = createWorld({ log });
  world.source.switches.restoreMs = 3 * MINUTE;
  const keys = seedPictures(world.source, COLD + 2);
  for (const [n, key] of keys.slice(0, COLD).entries()) {
    world.source.seed(key, `picture ${n}`, { headers: { "x-cos-storage-class": "DEEP_ARCHIVE" } });
  }
  return { world, keys, input: inputFor(keys, { archivedClass: "restore", shardSize: 3 }), warned };
}
const run = (world: World, input: ReturnType<typeof inputFor>, options?: RunHereOptions) =>
  world.done(runHere(input, world.surroundings, options));

describe("a run on one machine that restores", () => {
  test("waits for them, tells each wait once, and shows it in its progress", async () => {
    const { world, input, warned } = given();
    const shown: Progress[] = [];
    const { summary } = await run(world, input, { onProgress: (progress) => shown.push(progress) });
    expect(summary).toMatchObject({ state: "complete", archived: COLD + 2, retries: 0 });
    expect(world.source.count("restore")).toBe(COLD);
    const waits = warned.filter(({ message }) => message.startsWith("Rows wait until their originals are restored"));
    expect(waits[0]?.message).toContain("The run may be stopped meanwhile: the same command goes on.");
    // The shard with the two others has one cold row beside them.
    expect(waits.at(-1)?.rows).toBeGreaterThan(0);
    expect(waits.length).toBeLessThan(20);
    const awaited = shown.flatMap(({ restoring }) => restoring ?? []);
    expect(Math.max(...awaited.map(({ rows }) => rows))).toBe(COLD);
    expect(Math.max(...awaited.map(({ nextLookMs }) => nextLookMs))).toBeGreaterThan(30_000);
  });

  test("is interrupted while it waits, and goes on: each is restored once", async () => {
    const { world, keys, input } = given();
    const stop = new AbortController();
    const onProgress = ({ restoring }: Progress) => {
      if ((restoring?.nextLookMs ?? 0) > 20_000) stop.abort();
    };
    const first = await run(world, input, { signal: stop.signal, onProgress });
    expect(first.summary).toMatchObject({ state: "incomplete", archived: 2, pending: COLD });
    const { restoring } = first.summary;
    expect(restoring).toMatchObject({ rows: COLD, days: 3 });
    expect(Date.parse(restoring?.lookAt ?? "")).toBeGreaterThan(world.clock.now());
    const { summary: told } = await world.done(statusOf(ledgerPlace, "r", world.surroundings));
    expect(told.restoring).toEqual(restoring);
    expect(summaryText(told)).toContainEqual(
      `  10 rows of the pending wait until their originals are restored from an archive class, which needs nobody at work: go on after ${restoring?.lookAt}, and within the 3 days that the copies are kept, or they are restored, and paid for, once more`,
    );
    const second = await run(world, input);
    expect(second.summary).toMatchObject({ state: "complete", archived: COLD + 2 });
    expect(second.summary.restoring).toBeUndefined();
    expect(world.source.count("restore")).toBe(COLD);
    // The rows tell no class: some fetches were refused for it, once each.
    const refused = keys.map((key) => world.source.refusedFrozen(key));
    expect(Math.max(...refused)).toBeLessThanOrEqual(1);
    expect(world.source.count("original")).toBe(COLD + 2 + refused.reduce((sum, each) => sum + each, 0));
  });

  test.skipIf(quick)("shows no sign of life before its next look, and is taken for no less alive", async () => {
    const { world, input } = given();
    world.source.switches.restoreMs = 20 * 60 * MINUTE;
    const done = runHere(input, world.surroundings);
    done.catch(() => undefined);
    // Some looks later each takes hours. Time is moved without the run's waits of a second at most.
    let state = "";
    for (let hour = 0; hour < 3; hour++) {
      await world.clock.advance(60 * MINUTE);
      const { summary } = await world.done(statusOf(ledgerPlace, "r", world.surroundings));
      state = summary.state;
      expect(state).toBe("running");
      expect(summaryText(summary).join("\n")).toMatch(
        /10 rows of the pending wait until .*; the next look is at 2026-/,
      );
    }
    const other = { ...input.request, run: "another" };
    const { take } = await world.done(lookForOthers(ledgerPlace, other, world.surroundings));
    expect(await world.done(take(false))).toBe("r");
  });
});
