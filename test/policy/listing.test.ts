/** Catches: LISTs that cost more than the HEADs they spare, and keys side by side that are asked for one by one. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headsOfAList, type ListCredit, listSent, mayList, pageCame, startCredit } from "../../src/policy/listing.ts";

describe("whether a LIST is worth it", () => {
  /** LISTs one after the other, the pages of which tell so many keys each. */
  const listsOf = (pages: readonly number[], wanted: number) => {
    let credit: ListCredit = startCredit;
    let [lists, told, left] = [0, 0, wanted];
    for (const page of pages) {
      if (!mayList(credit, left)) break;
      const came = Math.min(page, left);
      credit = pageCame(listSent(credit), came);
      lists++;
      told += came;
      left -= came;
    }
    return { lists, told };
  };

  test.each([
    ["keys side by side: page after page", Array<number>(50).fill(1_000), 10_000, 10],
    ["every second key is wanted", Array<number>(50).fill(500), 10_000, 20],
    ["one in fifty is wanted: a page still pays", Array<number>(50).fill(20), 1_000, 50],
    ["one in a hundred: not for long", Array<number>(50).fill(10), 1_000, 3],
    ["keys far apart: two looks, and no more", Array<number>(50).fill(1), 10_000, 2],
    ["a gap before the keys", [0, 1_000, 1_000], 2_000, 3],
    ["as few as a HEAD each is cheaper for", [1_000], headsOfAList - 1, 0],
  ])("%s", (_, pages, wanted, lists) => {
    expect(listsOf(pages, wanted).lists).toBe(lists);
  });

  test("never costs more than what it tells of, and two LISTs", () => {
    const pages = fc.array(fc.oneof(fc.nat({ max: 30 }), fc.nat({ max: 1_000 })), { maxLength: 200 });
    fc.assert(
      fc.property(pages, fc.nat({ max: 20_000 }), (pages, wanted) => {
        const { lists, told } = listsOf(pages, wanted);
        expect(lists * headsOfAList).toBeLessThanOrEqual(startCredit + told);
      }),
    );
  });
});
