import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bound,
  type Concurrency,
  halve,
  raise,
  startConcurrency,
} from "../../../src/policy/concurrency/concurrency.ts";

const raised = (state: Concurrency, successes: number) => {
  let now = state;
  for (let n = 0; n < successes; n++) now = raise(now, 20_000);
  return now;
};

describe("how many tasks may run at once", () => {
  test("starts at the most, and stays there while nothing is refused", () => {
    const state = startConcurrency(32);
    expect(state.limit).toBe(32);
    expect(raised(state, 100)).toEqual(state);
  });

  test("is halved by a refusal, once for a whole burst of them", () => {
    let state = startConcurrency(32);
    for (const at of [10_000, 10_001, 10_999]) state = halve(state, at);
    expect(state.limit).toBe(16);
    expect(halve(state, 11_000).limit).toBe(8);
  });

  test("rises by about one after each round of successes", () => {
    let state = halve(startConcurrency(32), 0);
    for (const expected of [17, 18, 19]) {
      state = raised(state, Math.ceil(state.limit));
      expect(Math.abs(state.limit - expected)).toBeLessThan(0.1);
    }
  });

  test("doubles with each round where a learnt rate already holds the requests back", () => {
    let state = halve(halve(startConcurrency(32), 0), 1_000);
    expect(state.limit).toBe(8);
    for (let n = 0; n < 8; n++) state = raise(state, 20_000, true);
    expect(state.limit).toBe(16);
    for (let n = 0; n < 100; n++) state = raise(state, 20_000, true);
    expect(state.limit).toBe(32);
  });

  test("stays between one and the most, whatever happens", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.array(fc.oneof(fc.constant("success" as const), fc.nat({ max: 5_000 })), { maxLength: 300 }),
        (max, events) => {
          let state = startConcurrency(max);
          let now = 0;
          for (const event of events) {
            if (event === "success") state = raise(state, now);
            else {
              now += event;
              state = halve(state, now);
            }
            expect(state.limit).toBeGreaterThanOrEqual(1);
            expect(state.limit).toBeLessThanOrEqual(max);
          }
        },
      ),
    );
  });

  test("comes back from one to the most", () => {
    let state = startConcurrency(8);
    for (let n = 0; n < 10; n++) state = halve(state, n * 1_000);
    expect(state.limit).toBe(1);
    expect(raised(state, 8 * 9).limit).toBe(8);
  });

  test("goes no higher than what could be held, for ten minutes after the process could open no more", () => {
    let state = startConcurrency(300);
    for (const at of [0, 1, 999, 1_000]) state = bound(state, at);
    expect(state.limit).toBe(75);
    const later = (now: number) => {
      let at = state;
      for (let n = 0; n < 1_000; n++) at = raise(at, now, true);
      return at.limit;
    };
    expect(later(2_000)).toBe(75);
    expect(later(600_999)).toBe(75);
    expect(later(601_000)).toBe(300);
  });

  test("is halved for other reasons below what could be held, and comes back as far as that", () => {
    let state = halve(bound(startConcurrency(32), 0), 5_000);
    expect(state.limit).toBe(8);
    for (let n = 0; n < 100; n++) state = raise(state, 6_000, true);
    expect(state.limit).toBe(16);
  });
});
