import { describe, expect, test } from "vitest";
import { createWorkWindow, type Measured } from "../../../src/policy/concurrency/work-window.ts";

/** So many places, each with one task after the other; returns what was measured, and when. */
function worked(
  window: ReturnType<typeof createWorkWindow>,
  limit: number,
  taskOf: (n: number) => { readonly size: number; readonly ms: number },
  { from = 0, tasks = 4 * limit, running = limit, mostMs = 600_000 } = {},
): { readonly measured: Measured; readonly at: number } {
  window.begin(limit, tasks, 100);
  let n = 0;
  const places = Array.from({ length: limit }, () => {
    window.begins();
    const task = taskOf(n++);
    return { size: task.size, begunAt: from, endsAt: from + task.ms };
  });
  for (;;) {
    const place = places.reduce((first, each) => (each.endsAt < first.endsAt ? each : first));
    const now = place.endsAt;
    window.ended(place, running, now);
    const measured = window.measured(now);
    if (measured.kind !== "open" || now - from > mostMs) return { measured, at: now };
    window.begins();
    const task = taskOf(n++);
    Object.assign(place, { size: task.size, begunAt: now, endsAt: now + task.ms });
  }
}

const told = ({ measured }: { readonly measured: Measured }) => {
  if (measured.kind !== "told") throw new Error(`it is ${measured.kind}`);
  return measured.throughput;
};

describe("what a window of tasks brings", () => {
  test("twice as many at once that take as long bring twice as much, and no more if they take twice as long", () => {
    const window = createWorkWindow();
    const one = told(worked(window, 10, () => ({ size: 1_000, ms: 50 })));
    const two = told(worked(window, 20, () => ({ size: 1_000, ms: 50 }), { from: 100_000 }));
    const slow = told(worked(window, 20, () => ({ size: 1_000, ms: 100 }), { from: 200_000 }));
    expect(two / one).toBeCloseTo(2, 1);
    expect(slow / one).toBeCloseTo(1, 1);
  });

  test("is no slower for a run of large originals, once it is known how long those take", () => {
    const window = createWorkWindow();
    const small = { size: 10_000, ms: 40 };
    const large = { size: 50_000_000, ms: 2_000 };
    told(worked(window, 16, (n) => (n % 2 === 0 ? small : large), { tasks: 200 }));
    const all = told(worked(window, 16, () => small, { from: 1_000_000 }));
    const none = told(worked(window, 16, () => large, { from: 2_000_000 }));
    expect(none / all).toBeCloseTo(1, 1);
  });

  test("waits until those that hold most of the places have ended, too", () => {
    const window = createWorkWindow();
    const { at } = worked(window, 16, (n) => (n % 16 === 0 ? { size: 1_000, ms: 10 } : { size: 1e8, ms: 5_000 }), {
      tasks: 16,
    });
    expect(at).toBeGreaterThan(2_000);
  });

  test("says nothing where there were too few to keep the places busy, or something else held them back", () => {
    const window = createWorkWindow();
    expect(worked(window, 16, () => ({ size: 1, ms: 20 }), { running: 5 }).measured.kind).toBe("void");
    window.begin(4, 4, 0);
    for (let n = 0; n < 9; n++) window.heldBack();
    for (let n = 0; n < 5; n++) window.ended({ size: 1, begunAt: 1_000 + n }, 4, 1_100 + n);
    window.ended({ size: 1, begunAt: 1_200 }, 4, 1_300);
    expect(window.measured(5_000).kind).not.toBe("told");
  });

  test("leaves out what began before, and what filled the new places", () => {
    const window = createWorkWindow();
    window.begin(2, 2, 0);
    window.begins();
    window.ended({ size: 1, begunAt: 0 }, 2, 10);
    expect(window.measured(10).kind).toBe("open");
    window.begins();
    window.ended({ size: 1, begunAt: 0 }, 2, 20);
    window.ended({ size: 1, begunAt: 10 }, 2, 30);
    expect(window.measured(30).kind).toBe("open");
    window.ended({ size: 1, begunAt: 20 }, 2, 40);
    window.ended({ size: 1, begunAt: 30 }, 2, 50);
    expect(window.measured(50).kind).toBe("told");
  });

  // Catches: handshakes that hold up whoever works beside them, and are taken for what more at once cost.
  test("begins once those that fill new places have ended, or none of them will", () => {
    const filled = () => {
      const window = createWorkWindow();
      window.begin(2, 2, 0);
      for (let n = 0; n < 2; n++) window.begins();
      for (let n = 0; n < 2; n++) window.ended({ size: 1, begunAt: 0 }, 2, 10);
      window.begin(4, 2, 0);
      for (let n = 0; n < 2; n++) window.begins();
      return window;
    };
    /** Those of the former places, one after the other: the first began before there were new ones. */
    const former = (now: number) => ({ size: 1, begunAt: now === 30 ? 5 : now - 10 });
    const window = filled();
    expect([30, 40, 50].map((now) => window.ended(former(now), 4, now))).toEqual([false, false, false]);
    expect([60, 70].map((now) => window.ended({ size: 1, begunAt: 10 }, 4, now))).toEqual([false, true]);

    const failing = filled();
    const turns = Array.from({ length: 20 }, (_, n) => failing.ended(former(30 + 10 * n), 4, 30 + 10 * n));
    expect(turns.indexOf(true)).toBe(15);
    expect(turns.filter(Boolean)).toHaveLength(1);
  });

  test("knows what a task takes, without what it waited", () => {
    const window = createWorkWindow();
    expect(window.usualMs()).toBeUndefined();
    for (let n = 0; n < 2_000; n++) {
      window.waited(300);
      window.ended({ size: 1, begunAt: n }, 1, n + 400);
    }
    expect(window.usualMs()).toBeCloseTo(100, 0);
  });
});
