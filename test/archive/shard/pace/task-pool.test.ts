import { describe, expect, test } from "vitest";
import { createTaskPool } from "../../../../src/archive/shard/pace/task-pool.ts";
import { settled } from "../../../stores/fake-clock.ts";

/** Tasks that end when they are told to. */
function held() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => {
    begun.push(name);
    return new Promise<void>((resolve) => ends.set(name, resolve));
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await settled();
  };
  return { begun, work, end };
}

const named = (letter: string, count: number) => Array.from({ length: count }, (_, n) => `${letter}${n}`).values();

describe("the tasks of several callers", () => {
  test("run as many at once as may, one of each, and otherwise who came first before the others", async () => {
    const { begun, work, end } = held();
    const pool = createTaskPool(2);
    let over = "";
    const first = pool.runEach(named("a", 4), work).then(() => {
      over += "a";
    });
    const second = pool.runEach(named("b", 2), work).then(() => {
      over += "b";
    });
    expect([begun, pool.running(), pool.hasWaiting()]).toEqual([["a0", "a1"], 2, true]);
    await end("a1");
    await end("a0");
    expect(begun).toEqual(["a0", "a1", "b0", "a2"]);
    pool.setLimit(3);
    await end("a2");
    await end("a3");
    expect([begun, over, pool.hasWaiting()]).toEqual([["a0", "a1", "b0", "a2", "a3", "b1"], "a", false]);
    await end("b0");
    await end("b1");
    await Promise.all([first, second]);
    expect([over, pool.running()]).toEqual(["ab", 0]);
  });

  // Else of several calls of one process the later ones do nothing until their time is over.
  test("take turns where there are more callers than may run at once", async () => {
    const { begun, work, end } = held();
    const pool = createTaskPool(2);
    for (const letter of ["a", "b", "c", "d"]) void pool.runEach(named(letter, 9), work);
    for (const name of ["a0", "a1", "b0", "c0", "d0", "a2"]) await end(name);
    expect(begun).toEqual(["a0", "a1", "b0", "c0", "d0", "a2", "b1", "c1"]);
  });

  test("are more once more may, and fewer as they end", async () => {
    const { begun, work, end } = held();
    const pool = createTaskPool(1);
    void pool.runEach(named("a", 10), work);
    expect(begun).toHaveLength(1);
    pool.setLimit(4);
    expect(begun).toHaveLength(4);
    pool.setLimit(2);
    await end("a0");
    await end("a1");
    expect(begun).toHaveLength(4);
    await end("a2");
    expect([begun.length, pool.running()]).toEqual([5, 2]);
  });

  test("are taken one by one, as there is room", async () => {
    const { work, end } = held();
    let taken = 0;
    const tasks = (function* () {
      for (; taken < 1_000; ) yield `a${taken++}`;
    })();
    const pool = createTaskPool(3);
    void pool.runEach(tasks, work);
    expect(taken).toBeLessThanOrEqual(4);
    await end("a0");
    expect(taken).toBeLessThanOrEqual(5);
  });

  test("of none nothing is waited for; one that can't be had fails the caller, once", async () => {
    const pool = createTaskPool(2);
    await pool.runEach(named("a", 0), () => Promise.reject(new Error("none")));
    const broken = (function* () {
      yield "a0";
      yield "a1";
      throw new Error("no more");
    })();
    const done: string[] = [];
    const work = async (name: string) => void done.push(name);
    await expect(pool.runEach(broken, work)).rejects.toThrow("no more");
    await pool.runEach(named("b", 2), work);
    expect(done).toEqual(["a0", "a1", "b0", "b1"]);
    expect(pool.running()).toBe(0);
  });

  test("that fail are told of, and the others go on", async () => {
    const pool = createTaskPool(1);
    const work = (name: string) => (name === "a1" ? Promise.reject(new Error(name)) : Promise.resolve());
    const faults: unknown[] = [];
    await pool.runEach(named("a", 4), work, (thrown) => faults.push(thrown));
    expect(faults).toEqual([new Error("a1")]);
    await expect(pool.runEach(named("a", 4), work)).rejects.toThrow("a1");
    expect(pool.running()).toBe(0);
  });
});
