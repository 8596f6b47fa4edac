import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupOf, shardsPerGroup } from "../../src/ledger/group.ts";
import {
  donePath,
  groupPath,
  parseAttemptObject,
  parseControl,
  parseMarker,
  parseRestoring,
  parseShare,
  parseVain,
  paths,
  restoringPath,
} from "../../src/ledger/layout.ts";
import { parsePulse, pulsePath } from "../../src/ledger/pulse.ts";
import { runPrefix } from "../../src/ledger/runs.ts";
import { anyUlid } from "./samples.ts";

const anyShard = fc.oneof(fc.nat({ max: 999_999_999 }), fc.constantFrom(0, 999, 1_000, 999_999_999));
const anyGroup = anyShard.map(groupOf);
const anyCounts = fc.record({
  archived: fc.maxSafeNat(),
  skipped: fc.maxSafeNat(),
  failed: fc.maxSafeNat(),
  bytes: fc.maxSafeNat(),
});

describe("names in the ledger", () => {
  test("of markers read back as what they were made of", () => {
    fc.assert(
      fc.property(anyShard, anyGroup, anyCounts, anyUlid, (shard, group, counts, by) => {
        expect(parseMarker(donePath(shard, counts, by))).toEqual({ number: shard, by, ...counts });
        expect(parseMarker(groupPath(group, counts, by))).toEqual({ number: group, by, ...counts });
      }),
    );
  });

  test("of what an attempt writes read back as what they were made of", () => {
    fc.assert(
      fc.property(anyShard, anyUlid, fc.nat(), (shard, attempt, n) => {
        const read = (path: string) => parseAttemptObject(path);
        expect(read(paths.open(shard, attempt, n))).toEqual({ shard, object: { kind: "open", attempt, seq: n } });
        expect(read(paths.segment(shard, attempt, n))).toEqual({ shard, object: { kind: "segment", attempt, n } });
        expect(read(paths.end(shard, attempt))).toEqual({ shard, object: { kind: "end", attempt } });
      }),
    );
  });

  test("of controls read back as what they were made of", () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom("halt", "cancel", "resume"), (epoch, kind) => {
        expect(parseControl(paths.controlAt(epoch, kind))).toEqual({ epoch, kind });
      }),
    );
  });

  test("of what a trial shows read back as what they were made of, and are no controls", () => {
    fc.assert(
      fc.property(fc.nat(), anyShard, fc.nat(), (resumes, shard, rows) => {
        const [vain, share] = [paths.vain({ resumes, shard, row: rows }), paths.share({ resumes, shard, rows })];
        expect([parseVain(vain), parseShare(share)]).toEqual([
          { resumes, shard, row: rows },
          { resumes, shard, rows },
        ]);
        expect([parseVain(share), parseShare(vain), parseControl(vain), parseControl(share)]).toEqual(
          Array.from({ length: 4 }, () => undefined),
        );
      }),
    );
  });

  test("of pulses read back as what they were made of, in the order of their slots", () => {
    const anyPulse = fc.record({
      slot: fc.nat(),
      worker: anyUlid,
      archived: fc.nat(),
      failed: fc.nat(),
      succeeded: fc.record({
        "source.get": fc.nat(),
        "source.head": fc.nat(),
        "archive.put": fc.nat(),
        "archive.head": fc.nat(),
        "source.restore": fc.nat(),
      }),
    });
    fc.assert(
      fc.property(anyPulse, anyPulse, (one, other) => {
        expect(parsePulse(pulsePath(one))).toEqual(one);
        if (one.slot < other.slot) expect(pulsePath(one) < pulsePath(other)).toBe(true);
      }),
    );
  });

  test("of a pulse is what it ever was where nothing is restored", () => {
    const succeeded = { "source.get": 4, "source.head": 0, "archive.put": 5, "archive.head": 6, "source.restore": 0 };
    const path = pulsePath({ slot: 9, worker: "01J00000000000000000000000", archived: 1, failed: 0, succeeded });
    expect(path).toBe("pulse/000000000000009~01J00000000000000000000000~a1~f0~s4-0-5-6");
  });

  test("of shards that wait for restores read back as what they were made of", () => {
    fc.assert(
      fc.property(anyShard, fc.nat(), fc.nat({ max: 9_999_999_999_999 }), anyUlid, (shard, rows, until, attempt) => {
        const path = restoringPath({ shard, rows, until }, attempt);
        expect(parseRestoring(path)).toEqual({ shard, rows, until });
        expect(path.startsWith(paths.restoringShard(shard))).toBe(true);
        expect(parseMarker(path)).toBeUndefined();
      }),
    );
  });

  test("lie where one LIST of their shard, or of its group, finds them, and no other group's", () => {
    fc.assert(
      fc.property(anyShard, anyShard, anyUlid, anyCounts, (shard, other, attempt, counts) => {
        const segment = paths.segment(shard, attempt, 1);
        expect(segment.startsWith(paths.outcomes(shard))).toBe(true);
        expect(segment.startsWith(paths.outcomes(other))).toBe(shard === other);
        expect(segment.startsWith(paths.groupOutcomes(groupOf(other)))).toBe(groupOf(shard) === groupOf(other));
        const done = donePath(shard, counts, attempt);
        expect(done.startsWith(paths.doneOfShard(shard))).toBe(true);
        expect(done.startsWith(paths.doneOfShard(other))).toBe(shard === other);
        expect(done.startsWith(paths.doneOfGroup(groupOf(other)))).toBe(groupOf(shard) === groupOf(other));
      }),
    );
  });

  test("sort as their numbers do", () => {
    fc.assert(
      fc.property(anyShard, anyShard, anyUlid, (a, b, attempt) => {
        const order = (x: number | string, y: number | string) => (x < y ? -1 : x > y ? 1 : 0);
        expect(order(paths.shard(attempt, a), paths.shard(attempt, b))).toBe(order(a, b));
        expect(order(paths.outcomes(a), paths.outcomes(b))).toBe(order(a, b));
      }),
    );
  });

  test.each([
    "",
    "done/000000/",
    "done/000000/000000042~a1~s0~f0~b5~tooshort",
    "done/000000/000000042~a-1~s0~f0~b5~01HZZZZZZZZZZZZZZZZZZZZZZZ",
    "outcomes/000000042/01HZZZZZZZZZZZZZZZZZZZZZZZ-begin",
    "outcomes/42/01HZZZZZZZZZZZZZZZZZZZZZZZ-end",
    "outcomes/000000042/01HZZZZZZZZZZZZZZZZZZZZZZZ-00001.jsonl",
    "control/000000001-pause.json",
  ])("that somebody else wrote are passed over: %j", (path) => {
    expect([parseMarker(path), parseAttemptObject(path), parseControl(path)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("begin with the run's prefix, whether or not the ledger's ends in a slash", () => {
    expect(runPrefix("", "r")).toBe("runs/r/");
    expect(runPrefix("a/b", "r")).toBe("a/b/runs/r/");
    expect(runPrefix("a/b/", "r")).toBe("a/b/runs/r/");
  });

  test("put a thousand shards into a group: as many as one LIST page", () => {
    expect([0, shardsPerGroup - 1, shardsPerGroup].map(groupOf)).toEqual([0, 0, 1]);
  });
});
