import { describe, expect, test } from "vitest";
import { companyOf, largestTold, partOf, type Sign, shareOf, toldMs } from "../../src/policy/fair-share.ts";

const sign = (slot: number, archived: number, fetched = slot): Sign => ({ slot, archived, fetched });
const signs = (all: Record<string, Sign>) => new Map(Object.entries(all));

describe("who works a run", () => {
  test("those that fetched lately, and oneself; each brings what it archived since its last sign", () => {
    const before = signs({ A: sign(10, 1_000), B: sign(10, 500), C: sign(10, 40) });
    const now = signs({ A: sign(11, 1_300), B: sign(11, 700), C: sign(11, 340), D: sign(11, 5, 4), E: sign(7, 9) });
    const company = companyOf("A", 11, now, before);
    expect(company?.workers).toBe(3);
    expect(company?.share).toBeCloseTo(300 / ((300 + 200 + 300) / 3));
  });

  test("who does not find its own sign knows of nobody", () => {
    expect(companyOf("A", 11, signs({ B: sign(11, 5) }), new Map())).toBeUndefined();
    expect(companyOf("A", 11, signs({ A: sign(11, 5) }), new Map())).toEqual({ workers: 1, share: 1 });
  });

  test("a share is of what contenders bring: who is far below is held back by something of its own", () => {
    expect(shareOf(300, [300, 100, 20])).toBe(1);
    expect(shareOf(20, [300, 100, 20])).toBe(1);
    expect(shareOf(300, [300, 200])).toBeCloseTo(1.2);
    expect(shareOf(0, [0, 0])).toBe(1);
  });

  test("a budget is shared by those that are there; a newcomer takes what is left where all are that may be", () => {
    const company = { workers: 4, share: 1 };
    expect(partOf(30, 10, undefined, 0)).toBe(30);
    expect(partOf(30, 10, { company, at: 5_000 }, 6_000)).toBe(75);
    expect(partOf(30, 10, { company: { workers: 1, share: 1 }, at: 5_000 }, 6_000)).toBe(300);
    expect(partOf(30, 10, { company, at: 5_000 }, 5_001 + toldMs)).toBe(30);
  });

  test("of several runs the one that most work counts, for as long as it was told of lately", () => {
    const few = { company: { workers: 2, share: 1 }, at: 40_000 };
    const many = { company: { workers: 9, share: 1 }, at: 20_000 };
    expect(largestTold([few, many], 45_000)).toBe(many);
    expect(largestTold([few, many], 55_000)).toBe(few);
    expect(largestTold([], 0)).toBeUndefined();
  });
});
