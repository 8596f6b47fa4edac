import { expect, test } from "vitest";
import { createStreaks, leastStreak, streakLimit } from "../../src/policy/streaks.ts";

test("a streak is looked into at its limit, and again at twice the length", () => {
  const streaks = createStreaks();
  const looked: number[] = [];
  for (let n = 1; n <= 50; n++) {
    const streak = streaks.refused("source.get", "AccessDenied", n, 10);
    if (streak !== undefined) looked.push(streak.count);
  }
  expect(looked).toEqual([10, 20, 40]);
});

test("a success ends the streaks of its own request only", () => {
  const streaks = createStreaks();
  for (let n = 0; n < 3; n++) {
    streaks.refused("source.get", "AccessDenied", n, 10);
    streaks.refused("source.head", "AccessDenied", n, 10);
  }
  streaks.succeeded("source.get");
  expect(streaks.standing("source.get", "AccessDenied", 1)).toBeUndefined();
  expect(streaks.standing("source.head", "AccessDenied", 3)).toMatchObject({ count: 3, since: 0 });
});

test("one that stands is looked into once, until it is twice as long", () => {
  const streaks = createStreaks();
  for (let n = 0; n < 5; n++) streaks.refused("archive.put", "AccessDenied", n, 10);
  expect(streaks.standing("archive.put", "AccessDenied", 6)).toBeUndefined();
  expect(streaks.standing("archive.put", "AccessDenied", 4)).toMatchObject({ count: 5 });
  expect(streaks.standing("archive.put", "AccessDenied", 4)).toBeUndefined();
});

test("many workers look sooner, but none at fewer than say anything", () => {
  expect([1, 20, 40, 1_000].map(streakLimit)).toEqual([10, 10, 5, leastStreak]);
});
