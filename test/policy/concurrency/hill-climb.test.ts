import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  boundClimb,
  disturb,
  elasticity,
  type HillClimb,
  isSought,
  startClimb,
  step,
} from "../../../src/policy/concurrency/hill-climb.ts";
import { alone, type Company } from "../../../src/policy/fair-share.ts";

type Curve = (limit: number) => number;

/** What a hill of some form is climbed to, and the numbers on the way. */
function climbed(curve: Curve, { start = 32, most = 1_000, steps = 60, company = alone, chance = 0.1 } = {}) {
  let climb = startClimb(start, most);
  const tried = [climb.limit];
  for (let n = 0; n < steps; n++) {
    climb = step(climb, curve(climb.limit), { company, chance });
    tried.push(climb.limit);
  }
  return { climb, tried };
}

/** A number that is held, whatever is tried beside it at the moment. */
const held = ({ limit, mode }: HillClimb) =>
  mode.kind === "probing" || mode.kind === "checking" ? mode.level.limit : limit;

const flatBeyond =
  (knee: number): Curve =>
  (limit) =>
    Math.min(limit, knee);
const worseBeyond =
  (best: number): Curve =>
  (limit) =>
    limit / (1 + (limit / best) ** 2);

describe("hill climbing on throughput", () => {
  test("doubles, and then more, while that pays in proportion", () => {
    expect(climbed((limit) => limit).tried.slice(0, 5)).toEqual([32, 64, 256, 1_000, 1_000]);
  });

  test.each([5, 20, 64, 100, 300])("comes to rest where more than %i at once bring nothing", (knee) => {
    const { climb } = climbed(flatBeyond(knee));
    expect(isSought(climb)).toBe(false);
    expect(held(climb)).toBeGreaterThanOrEqual(knee * 0.9);
    expect(held(climb)).toBeLessThanOrEqual(knee * 2);
  });

  test.each([8, 30, 64, 250])("comes to rest near %i, beyond which more bring less", (best) => {
    const curve = worseBeyond(best);
    const { climb } = climbed(curve);
    expect(curve(held(climb))).toBeGreaterThanOrEqual(0.93 * curve(best));
  });

  test("goes no further than the most, and tries fewer from there now and then", () => {
    const { climb, tried } = climbed((limit) => limit, { most: 100, steps: 100 });
    expect(held(climb)).toBe(100);
    expect(Math.max(...tried)).toBe(100);
    const fewer = tried.slice(20).filter((limit) => limit < 100).length;
    expect(fewer).toBeGreaterThan(0);
    expect(fewer).toBeLessThan(10);
  });

  test("seeks anew where what it holds brings something else than before, twice in a row", () => {
    let { climb } = climbed(flatBeyond(64));
    while (climb.mode.kind !== "resting") climb = step(climb, 64);
    const now: Curve = (limit) => Math.min(limit, 800) / 8;
    for (let n = 0; n < 3; n++) climb = step(climb, now(climb.limit));
    expect(isSought(climb)).toBe(true);
    for (let n = 0; n < 6; n++) climb = step(climb, now(climb.limit));
    expect(held(climb)).toBeGreaterThanOrEqual(512);
  });

  test("believes no probe where what is held brings something else after it than before", () => {
    let climb = startClimb(1_000, 2_000);
    climb = { ...climb, limit: 100, mode: { kind: "resting", toward: "up", left: 1, rest: 3, odd: 0 } };
    climb = step(climb, 100);
    expect(climb.limit).toBe(150);
    climb = step(climb, 130);
    climb = step(climb, 130);
    expect(climb).toMatchObject({ limit: 100, mode: { kind: "resting", toward: "up" } });
  });

  test("where others share the limit counts only what is not taken from them", () => {
    // Four at 30 each, of what brings 100 however many there are.
    const shared: Curve = (limit) => (100 * limit) / (limit + 90);
    expect(held(climbed(shared, { start: 30 }).climb)).toBeGreaterThan(200);
    const { climb } = climbed(shared, { start: 30, company: { workers: 4, share: 1 } });
    expect(held(climb)).toBeLessThan(60);
  });

  test("who has more than a fair share goes down, and who has less goes up", () => {
    const shared: Curve = (limit) => (100 * limit) / (limit + 90);
    const at = (limit: number, company: Company) => {
      let climb: HillClimb = { limit, most: 1_000, mode: { kind: "resting", toward: "up", left: 1, rest: 3, odd: 0 } };
      for (let n = 0; n < 3; n++) climb = step(climb, shared(climb.limit), { company, chance: 0.1 });
      return held(climb);
    };
    expect(at(40, { workers: 4, share: 1.3 })).toBe(30);
    expect(at(24, { workers: 4, share: 0.8 })).toBe(32);
  });

  test("nobody is known yet: what was found is held, and nothing is tried", () => {
    const unknown = { workers: Number.POSITIVE_INFINITY, share: 1 };
    let climb: HillClimb = {
      limit: 50,
      most: 1_000,
      mode: { kind: "resting", toward: "up", left: 1, rest: 3, odd: 0 },
    };
    for (let n = 0; n < 50; n++) climb = step(climb, n % 2 === 0 ? 50 : 20, { company: unknown, chance: 0.01 });
    expect(climb.limit).toBe(50);
  });

  test("a bound that is lowered holds at once, and one that is raised is used again", () => {
    let { climb } = climbed((limit) => limit);
    climb = boundClimb(climb, 50);
    expect(climb).toMatchObject({ limit: 50, most: 50, mode: { kind: "resting" } });
    climb = boundClimb(climb, 200);
    expect(isSought(climb)).toBe(true);
    for (let n = 0; n < 5; n++) climb = step(climb, climb.limit);
    expect(held(climb)).toBe(200);
  });

  test("a process that has no time left is given no more, whatever seems to be gained, and fewer where those do as well", () => {
    const rising = (n: number) => (_: number) => 1.4 ** n;
    let climb = startClimb(32, 1_000);
    for (let n = 0; n < 60; n++) {
      climb = step(climb, rising(n)(climb.limit), { isBusy: true, chance: 0.1 });
      expect(climb.limit).toBeLessThanOrEqual(32);
    }
    climb = { limit: 512, most: 1_000, mode: { kind: "resting", toward: "up", left: 1, rest: 3, odd: 0 } };
    for (let n = 0; n < 40; n++) climb = step(climb, flatBeyond(50)(climb.limit), { isBusy: true, chance: 0.1 });
    expect(held(climb)).toBeLessThanOrEqual(100);
    expect(held(climb)).toBeGreaterThanOrEqual(45);
  });

  test("what was tried when the service refused some is given up", () => {
    const probing: HillClimb = {
      limit: 96,
      most: 1_000,
      mode: { kind: "probing", toward: "up", rest: 3, level: { limit: 64, throughput: 64 } },
    };
    expect(disturb(probing)).toMatchObject({ limit: 64, mode: { kind: "resting" } });
  });

  test("an elasticity is 1 in proportion, 0 for nothing, less for less", () => {
    const from = { limit: 10, throughput: 5 };
    expect(elasticity(from, { limit: 20, throughput: 10 })).toBeCloseTo(1);
    expect(elasticity(from, { limit: 20, throughput: 5 })).toBeCloseTo(0);
    expect(elasticity(from, { limit: 20, throughput: 4 })).toBeLessThan(0);
    expect(elasticity(from, from)).toBe(0);
  });

  test("stays between one and the most, whatever is measured", () => {
    const company = fc.record({
      workers: fc.integer({ min: 1, max: 50 }),
      share: fc.double({ min: 0.1, max: 5, noNaN: true }),
    });
    const event = fc.tuple(
      fc.boolean(),
      fc.double({ min: 0.001, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      company,
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.array(event, { maxLength: 200 }), (most, events) => {
        let climb = startClimb(32, most);
        for (const [isBusy, throughput, chance, others] of events) {
          climb = step(climb, throughput, { company: others, chance, isBusy });
          expect(climb.limit).toBeGreaterThanOrEqual(1);
          expect(climb.limit).toBeLessThanOrEqual(most);
          expect(Number.isInteger(climb.limit)).toBe(true);
        }
      }),
    );
  });
});
