import { expect, test } from "vitest";
import { createQuota } from "./cpu-share.ts";

/** What a process uses of `ms` that wants all it can have, looked at each millisecond. */
function used(share: number, ms: number, wants: (at: number) => boolean = () => true): number {
  const standsStill = createQuota(share);
  let sum = 0;
  let stopped = false;
  for (let at = 0; at < ms; at++) {
    const now = !stopped && wants(at) ? 1 : 0;
    sum += now;
    stopped = standsStill(1, now);
  }
  return sum;
}

test.each([0.07, 0.14, 0.29, 0.58])("who wants all of a CPU has a share of %d in the long run", (share) => {
  expect(used(share, 10_000) / 10_000).toBeCloseTo(share, 2);
});

test("what was not used is not saved up, but for a period's", () => {
  const share = 0.25;
  const after = used(share, 10_000, (at) => at >= 9_000);
  expect(after).toBeLessThanOrEqual(1_000 * share + 20 * share + 1);
});

test("who wants less than its share never stands still", () => {
  const standsStill = createQuota(0.5);
  for (let at = 0; at < 1_000; at++) expect(standsStill(1, 0.4)).toBe(false);
});
