import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { paths } from "../../../src/ledger/layout.ts";
import {
  attemptToYieldTo,
  claimOf,
  freeAt,
  lifeMs,
  newestSeq,
  readAttempts,
} from "../../../src/ledger/shard/attempts.ts";
import { anyUlid, ulidAt } from "../samples.ts";

const now = 1_700_000_000_000;
const listed = (key: string, lastModified = now) => ({ key, lastModified, size: 0, etag: "e" });
const [first, second, third] = [ulidAt(1), ulidAt(2), ulidAt(3)];

describe("the attempts on a shard", () => {
  test("are read from its listing, in the order in which they began", () => {
    const attempts = readAttempts([
      listed(paths.open(7, second, 1), now - 20),
      listed(paths.segment(7, first, 2), now - 30),
      listed(paths.segment(7, first, 1), now - 40),
      listed(paths.open(7, first, 0), now - 50),
      listed(paths.end(7, first), now - 10),
      listed(`${paths.outcomes(7)}notes.txt`),
    ]);
    expect(attempts).toEqual([
      {
        id: first,
        seq: 0,
        segments: [paths.segment(7, first, 1), paths.segment(7, first, 2)],
        ended: true,
        lastSign: now - 10,
      },
      { id: second, seq: 1, segments: [], ended: false, lastSign: now - 20 },
    ]);
    expect(newestSeq(attempts)).toBe(1);
    expect(newestSeq([])).toBe(0);
  });

  test("have their segments in the order of writing, however many there are", () => {
    const numbers = [100_001, 9, 99_999, 100_000, 10];
    const [attempt] = readAttempts(numbers.map((n) => listed(paths.segment(7, first, n))));
    expect(attempt?.segments).toEqual([9, 10, 99_999, 100_000, 100_001].map((n) => paths.segment(7, first, n)));
  });

  test("are the same in whatever order they are listed", () => {
    const objects = [first, second, third].flatMap((id, n) => [
      listed(paths.open(7, id, n), now - n),
      listed(paths.segment(7, id, 1)),
    ]);
    fc.assert(
      fc.property(fc.shuffledSubarray(objects, { minLength: objects.length }), (shuffled) => {
        expect(readAttempts(shuffled)).toEqual(readAttempts(objects));
      }),
    );
  });
});

describe("a shard that no queue gives out", () => {
  const ended = (id: string, at: number, size = 0) => [
    listed(paths.open(7, id, 0), at - 5_000),
    { ...listed(paths.end(7, id), at), size },
  ];
  const free = (...objects: Parameters<typeof readAttempts>[0]) => freeAt(readAttempts(objects));

  test("is free at once where nobody has opened it", () => {
    expect(free()).toBe(Number.NEGATIVE_INFINITY);
  });

  test("is free when the time is over for which the newest attempt gave it back: the longer, the more there were", () => {
    expect(free(...ended(first, now))).toBe(now + 45_000);
    expect(free(...ended(first, now - 900_000), ...ended(second, now))).toBe(now + 60_000);
    // Its process stopped, which is no hand-over.
    expect(free(...ended(first, now, 1))).toBe(now + 45_000);
  });

  test.each([2, 3])("is free at once where that one handed it over: %s bytes", (size) => {
    expect(free(...ended(first, now, size), ...ended(second, now - 900_000))).toBe(Number.NEGATIVE_INFINITY);
    expect(free(...ended(first, now - 900_000, size), ...ended(second, now))).toBe(now + 60_000);
  });

  test("is not while anybody on it shows signs of life, nor for 30 s after the last", () => {
    const working = [listed(paths.open(7, second, 0), now - 600_000), listed(paths.segment(7, second, 1), now)];
    expect(free(...working, ...ended(first, now, 2))).toBeGreaterThanOrEqual(now + 30_001);
    expect(free(...working)).toBe(now + 45_000);
  });
});

const open = (id: string, at = now) => listed(paths.open(7, id, 0), at);
const segment = (id: string, at = now) => listed(paths.segment(7, id, 1), at);

describe("an attempt that opens", () => {
  test("finds its shard free where the others have ended, or gave no sign of life for 30 s by the store's clock", () => {
    for (const other of [first, third]) {
      const ended = readAttempts([open(other), segment(other), listed(paths.end(7, other)), open(second)]);
      expect(claimOf(ended, second, now)).toEqual({ kind: "free" });
      const silent = readAttempts([open(other, now - lifeMs - 1), open(second)]);
      expect(claimOf(silent, second, now)).toEqual({ kind: "free" });
      const quiet = readAttempts([open(other, now - lifeMs), open(second)]);
      expect(claimOf(quiet, second, now)).toMatchObject({ kind: other < second ? "taken" : "contested" });
    }
  });

  test("leaves it to one that is at work, whose id is smaller or larger", () => {
    for (const other of [first, third]) {
      const attempts = readAttempts([open(other, now - 60_000), segment(other), open(second)]);
      expect(claimOf(attempts, second, now)).toMatchObject({ kind: "taken", by: { id: other } });
    }
  });

  test("does so where that one's open marker is not listed yet", () => {
    const attempts = readAttempts([segment(first), open(second)]);
    expect(attempts[0]?.seq).toBeUndefined();
    expect(claimOf(attempts, second, now)).toMatchObject({ kind: "taken", by: { id: first } });
  });

  test("of several that only opened, waits for the others where its id is the smallest, and else leaves it to them", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyUlid, { minLength: 2, maxLength: 6 }), (ids) => {
        const attempts = readAttempts(ids.map((id) => open(id)));
        const [smallest, ...others] = [...ids].sort() as [string, ...string[]];
        expect(claimOf(attempts, smallest, now).kind).toBe("contested");
        for (const id of others) expect(claimOf(attempts, id, now).kind).toBe("taken");
      }),
    );
  });
});

describe("of several attempts that work at once", () => {
  test("exactly one goes on: every other yields", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyUlid, { minLength: 2, maxLength: 6 }), (ids) => {
        const attempts = readAttempts(ids.flatMap((id) => [open(id), segment(id)]));
        const going = ids.filter((id) => attemptToYieldTo(attempts, id, now) === undefined);
        expect(going).toEqual([[...ids].sort()[0]]);
      }),
    );
  });

  test("nobody yields to one that ended, or gave no sign of life for 30 s by the store's clock", () => {
    const ended = readAttempts([segment(first), listed(paths.end(7, first)), segment(second)]);
    expect(attemptToYieldTo(ended, second, now)).toBeUndefined();
    const silent = readAttempts([segment(first, now - lifeMs - 1), segment(second)]);
    expect(attemptToYieldTo(silent, second, now)).toBeUndefined();
    const quiet = readAttempts([segment(first, now - lifeMs), segment(second)]);
    expect(attemptToYieldTo(quiet, second, now)?.id).toBe(first);
  });

  test("nobody yields to one that has only opened: it will leave", () => {
    expect(attemptToYieldTo(readAttempts([open(first), segment(second)]), second, now)).toBeUndefined();
  });
});
