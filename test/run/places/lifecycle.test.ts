/**
 * Rules that remove old runs, evaluated as a bucket does. Catches: an unfinished run that loses an object, an original that goes, a history
 * that stays for ever, rules that no bucket takes.
 */
import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { readSummary } from "../../../src/ledger/report/summary.ts";
import {
  lifecycleDocument,
  lifecyclesOf,
  lifecycleXml,
  longestRunDays,
  removes,
} from "../../../src/run/places/lifecycle.ts";
import { unfinishedRuns } from "../../../src/run/reconcile/unfinished-runs.ts";
import { archivePlace, createWorld, inlineMessage, ledgerPlace, seedPictures, type World } from "../world.ts";

const DAY = 24 * 3_600_000;
const kept = { runs: 90, history: 90 };

/** What is left after the bucket has evaluated the rules, as it does once a day. */
function evaluate(world: World, history?: string): readonly string[] {
  const rules = lifecyclesOf({ archive: archivePlace, ledger: ledgerPlace, history }, kept).flatMap(
    ({ rules }) => rules,
  );
  const removed = world.archive.keys().filter((key) => {
    const age = (world.clock.now() - (world.archive.object(key)?.lastModified ?? 0)) / DAY;
    return rules.some((rule) => removes(rule, key, age));
  });
  for (const key of removed) world.archive.removeObject(key);
  return removed;
}
const ofRun = (keys: readonly string[], run: string) => keys.filter((key) => key.startsWith(`.originals/runs/${run}/`));

describe("lifecycle rules", () => {
  test("remove runs that have long been over, whole, and neither originals nor a run that is not over", async () => {
    const world = createWorld();
    const keys = seedPictures(world.source, 6);
    const { keys: _, ...listing } = inlineMessage([]);
    world.send({ ...listing, prefix: "", run: "over" });
    await world.drain();
    world.archive.seed("history/photos/00001.jpg~x", "what was replaced");
    await world.clock.advance(80 * DAY);
    // Sent, and worked in part, and then nobody for as long as a run may take.
    world.send(inlineMessage(keys, { run: "unfinished", options: { shardSize: 2, ifExists: "overwrite" } }));
    for (let n = 0; n < 3; n++) await world.drainOne();
    await world.clock.advance(longestRunDays * DAY);
    const removed = evaluate(world, "history/");
    expect(ofRun(world.archive.keys(), "over")).toEqual([]);
    expect(removed).toContain("history/photos/00001.jpg~x");
    expect(removed.every((key) => /^(\.originals|history)\//.test(key))).toBe(true);
    expect(ofRun(removed, "unfinished")).toEqual([]);
    expect(await world.done(unfinishedRuns(ledgerPlace, world.surroundings, Number.POSITIVE_INFINITY))).toEqual({
      runs: ["unfinished"],
      all: true,
    });
    expect(
      world.archive
        .keys()
        .filter((key) => key.startsWith("photos/"))
        .sort(),
    ).toEqual([...keys].sort());
    // It goes on as if nothing had been.
    await world.drain();
    expect(await readSummary(world.ledger("unfinished"))).toMatchObject({ state: "complete", rows: 6, archived: 6 });
  });

  test("keep what is younger, to the day", () => {
    const [rule] = lifecyclesOf({ archive: archivePlace, ledger: ledgerPlace }, kept)[0]?.rules ?? [];
    if (rule === undefined) throw new Error("there is a rule for runs");
    expect(removes(rule, ".originals/runs/r/run.json", 90)).toBe(false);
    expect(removes(rule, ".originals/runs/r/run.json", 90.1)).toBe(true);
    expect(removes(rule, "runs/r/run.json", 9_000)).toBe(false);
  });

  test("are of each bucket its own, and of no folder", () => {
    const ledger = { ...ledgerPlace, bucket: "ledgers-1250000000", prefix: "all/" };
    const two = lifecyclesOf({ archive: archivePlace, ledger, history: "history/" }, kept);
    expect(two.map(({ bucket, rules }) => [bucket.bucket, rules.map(({ prefix }) => prefix)])).toEqual([
      ["ledgers-1250000000", ["all/runs/", "all/places/", "all/compared/"]],
      [archivePlace.bucket, ["history/"]],
    ]);
    expect(lifecyclesOf({ archive: archivePlace, ledger: { ...ledger, store: "file" } }, kept)).toEqual([]);
  });

  test("are one and the same as XML and as JSON, whatever the prefix is", () => {
    const ledger = { ...ledgerPlace, prefix: "a <b> & 夏天/" };
    const [one] = lifecyclesOf({ archive: archivePlace, ledger, history: "history/" }, kept);
    if (one === undefined) throw new Error("there are rules");
    const parsed = new XMLParser({ isArray: (name) => name === "Rule" }).parse(lifecycleXml(one).join("\n"));
    expect(parsed.LifecycleConfiguration.Rule).toEqual(lifecycleDocument(one).Rules);
    const ids = one.rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
