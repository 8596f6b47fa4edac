/** Who is asked before a run that may cost much. Catches: a run that begins unasked, one that asks about pennies, or about what goes on. */
import { describe, expect, test } from "vitest";
import { readSettings } from "../../../../src/config/read.ts";
import { agreeToCost, questionOf } from "../../../../src/runtime/cli/input/agreed-cost.ts";
import { inputFor } from "../../../run/work/input.ts";
import { createWorld, seedPictures } from "../../../run/world.ts";

const GB = 1024 ** 3;
const inCos = { archive: {}, ledger: {} };
const noRequests = { "source.get": 0, "source.head": 0, "archive.head": 0, "archive.put": 0, ledger: 0 };
const estimate = (gb: number | null, toArchive: number) => ({
  bytes: {
    known: 0,
    rowsWithSize: toArchive,
    rowsWithout: 0,
    estimated: gb === null ? null : gb * GB,
    plain: gb === null ? null : 0,
  },
  requests: noRequests,
  restore: null,
  toArchive,
});
const settings = (flags: object = {}) => readSettings({ flags });

describe("the question", () => {
  test("is asked above 50 CNY, as if none of the free volume were left", () => {
    expect(questionOf(estimate(2_000, 10), settings(), inCos)).toBeUndefined();
    expect(questionOf(estimate(2_001, 10), settings(), inCos)).toBe(
      "This run of 10 originals may cost up to 50.03 CNY by the prices that plan shows. Begin it?",
    );
    expect(questionOf(estimate(1, 10), settings({ confirmAbove: "0.02" }), inCos)).toContain("0.03 CNY");
  });

  test("takes originals of unknown size for the largest images", () => {
    expect(questionOf(estimate(null, 64_000), settings(), inCos)).toBeUndefined();
    expect(questionOf(estimate(null, 64_001), settings(), inCos)).toContain("tells no sizes");
  });
});

describe("a run", () => {
  const agree = (flags: object, answer: boolean, before: "nothing" | "something" = "nothing") => {
    const world = createWorld();
    const asked: string[] = [];
    const terminal = { confirm: async (question: string) => asked.push(question) > 0 && answer };
    const input = { ...inputFor(seedPictures(world.source, 3)), before };
    const agreed = agreeToCost(input, settings(flags), world.surroundings, terminal, new AbortController().signal);
    return { asked, agreed: world.done(agreed) };
  };

  test("that costs more begins with a yes alone", async () => {
    const yes = agree({ confirmAbove: "0" }, true);
    await yes.agreed;
    expect(yes.asked).toHaveLength(1);
    await expect(agree({ confirmAbove: "0" }, false).agreed).rejects.toMatchObject({ code: "CostNotAgreed" });
  });

  test("that costs little, or goes on, is not asked about", async () => {
    for (const { asked, agreed } of [agree({}, false), agree({ confirmAbove: "0" }, false, "something")]) {
      await agreed;
      expect(asked).toEqual([]);
    }
  });
});
