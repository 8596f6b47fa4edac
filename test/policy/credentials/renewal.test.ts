import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  endingStage,
  mayRenewRefused,
  type Renewing,
  renewalOf,
  timeLeft,
} from "../../../src/policy/credentials/renewal.ts";

const minute = 60_000;
const hour = 60 * minute;
const at = 1_000 * hour;
const held = (more: Partial<Renewing> = {}): Renewing => ({
  foundAt: at,
  triedAt: at,
  until: at + 2 * hour,
  vain: 0,
  jitter: 0,
  ...more,
});

describe("credentials that are looked up", () => {
  test.each<[string, Partial<Renewing>, number, ReturnType<typeof renewalOf>]>([
    ["are used while they are young", {}, hour, "use"],
    ["are renewed five minutes before they end, and used meanwhile", {}, 2 * hour - 5 * minute, "renew"],
    ["and not sooner", {}, 2 * hour - 5 * minute - 1, "use"],
    ["by others up to two and a half minutes sooner", { jitter: 1 }, 2 * hour - 7.5 * minute, "renew"],
    ["that live for ten minutes are renewed two before", { until: at + 10 * minute }, 8 * minute, "renew"],
    ["and not sooner", { until: at + 10 * minute }, 8 * minute - 1, "use"],
    ["are waited for where they end within ten seconds", {}, 2 * hour - 10_000, "wait"],
    ["and when they have ended", {}, 3 * hour, "wait"],
    ["that never end are used for ever", { until: undefined }, 1_000 * hour, "use"],
    ["that had ended already are looked up at once", { until: at - hour }, 0, "wait"],
    ["are not asked for again at once", { vain: 1, triedAt: at + 2 * hour - 1_000 }, 2 * hour - 1, "use"],
    ["but after a second", { vain: 1, triedAt: at + 2 * hour - 1_000 }, 2 * hour, "wait"],
    ["and later after a minute", { vain: 12, triedAt: at + 2 * hour }, 2 * hour + minute, "wait"],
    ["and not sooner then", { vain: 12, triedAt: at + 2 * hour }, 2 * hour + minute - 1, "use"],
    ["are looked at as often as a look costs nothing", { until: undefined, lookEvery: 1_000 }, 1_000, "renew"],
    ["and not more often", { until: undefined, lookEvery: 1_000 }, 999, "use"],
    ["not even when they end", { until: at + minute, lookEvery: 1_000, triedAt: at + minute }, minute + 1, "use"],
    ["are looked at again by a clock that was set back", { until: undefined, lookEvery: 1_000 }, -hour, "renew"],
  ])("%s", (_name, more, after, expected) => {
    expect(renewalOf(held(more), at + after)).toBe(expected);
  });

  /** Any state, at any time: whoever goes on asking is told to renew in the end, and at most so often. */
  test("are renewed before they end whenever they were found, and an end that nobody moves is asked about at most once a second", () => {
    const life = fc.integer({ min: minute, max: 24 * hour });
    const jitter = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(life, jitter, fc.integer({ min: 0, max: 50 }), (lives, jittered, vain) => {
        const until = at + lives;
        const state = held({ until, jitter: jittered });
        const margin = Math.min(5 * minute, lives * 0.2);
        expect(renewalOf(state, until - margin)).not.toBe("use");
        expect(renewalOf(state, at + lives / 2)).toBe("use");
        const tried = { ...state, vain: vain + 1, triedAt: until };
        expect(renewalOf(tried, until + 999)).toBe("use");
        expect(renewalOf(tried, until + 1.5 * minute)).toBe("wait");
      }),
    );
  });

  test("are asked for at most once in five seconds because the service refuses them", () => {
    expect(mayRenewRefused(undefined, at)).toBe(true);
    expect(mayRenewRefused(at, at + 4_999)).toBe(false);
    expect(mayRenewRefused(at, at + 5_000)).toBe(true);
    expect(mayRenewRefused(at, at - hour)).toBe(true);
  });
});

test.each([
  [2 * hour, 0],
  [hour, 1],
  [16 * minute, 1],
  [15 * minute, 2],
  [5 * minute, 3],
  [1, 3],
  [0, 4],
  [-hour, 4],
])("of an end that is %i ms ahead %i tellings are due", (left, stage) => {
  expect(endingStage(left)).toBe(stage);
});

test.each([
  [-1, "0 s"],
  [59_999, "59 s"],
  [minute, "1 min"],
  [hour - 1, "59 min"],
  [hour, "1 h"],
  [hour + 5 * minute, "1 h 5 min"],
  [11.5 * hour, "11 h"],
])("%i ms are told as %s", (ms, text) => {
  expect(timeLeft(ms)).toBe(text);
});
