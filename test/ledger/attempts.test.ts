import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attemptToYieldTo, lifeMs, newestSeq, readAttempts } from "../../src/ledger/attempts.ts";
import { paths } from "../../src/ledger/layout.ts";
import { anyUlid, ulidAt } from "./samples.ts";

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

describe("of several attempts that are alive", () => {
  const open = (id: string, at = now) => listed(paths.open(7, id, 0), at);

  test("exactly one goes on: every other yields", () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyUlid, { minLength: 2, maxLength: 6 }), (ids) => {
        const attempts = readAttempts(ids.map((id) => open(id)));
        const going = ids.filter((id) => attemptToYieldTo(attempts, id, now) === undefined);
        expect(going).toEqual([[...ids].sort()[0]]);
      }),
    );
  });

  test("nobody yields to one that ended, or gave no sign of life for 30 s by the store's clock", () => {
    const ended = readAttempts([open(first), listed(paths.end(7, first)), open(second)]);
    expect(attemptToYieldTo(ended, second, now)).toBeUndefined();
    const silent = readAttempts([open(first, now - lifeMs - 1), open(second)]);
    expect(attemptToYieldTo(silent, second, now)).toBeUndefined();
    const quiet = readAttempts([open(first, now - lifeMs), open(second)]);
    expect(attemptToYieldTo(quiet, second, now)?.id).toBe(first);
  });

  test("a segment is a sign of life, also where the open marker is not listed yet", () => {
    const attempts = readAttempts([listed(paths.segment(7, first, 3)), open(second)]);
    expect(attempts[0]?.seq).toBeUndefined();
    expect(attemptToYieldTo(attempts, second, now)?.id).toBe(first);
  });

  test("the one with the smaller id yields to nobody", () => {
    expect(attemptToYieldTo(readAttempts([open(first), open(second)]), first, now)).toBeUndefined();
  });
});
