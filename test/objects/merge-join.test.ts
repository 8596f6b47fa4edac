/** Catches: a key that is lost, told twice or told of the wrong side where two listings are gone through together. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ListedObject } from "../../src/objects/bucket.ts";
import { compareKeys } from "../../src/objects/key-order.ts";
import { type Joined, mergeJoin } from "../../src/objects/merge-join.ts";

const listed = (key: string): ListedObject => ({ key, size: 1, etag: "e", lastModified: 0 });

async function* pagesOf(keys: readonly string[], page: number) {
  for (let at = 0; at < keys.length; at += page) yield keys.slice(at, at + page).map(listed);
}

async function joined(left: readonly string[], right: readonly string[], before = "", page = 2): Promise<Joined[]> {
  const all: Joined[] = [];
  const sides = [
    { pages: pagesOf(left, page), before: "", malformed: (why: string) => new Error(`left: ${why}`) },
    { pages: pagesOf(right, page), before, malformed: (why: string) => new Error(`right: ${why}`) },
  ] as const;
  for await (const batch of mergeJoin(...sides)) all.push(...batch);
  return all;
}

describe("two listings as one", () => {
  test("tell of each key once, in order, and on which side it lies", () => {
    const keys = fc.uniqueArray(
      fc.string({ unit: fc.constantFrom("a", "b", "/", "￿", "😀"), minLength: 1, maxLength: 3 }),
    );
    return fc.assert(
      fc.asyncProperty(
        keys,
        keys,
        fc.constantFrom("", "old/"),
        fc.integer({ min: 1, max: 3 }),
        async (a, b, before, page) => {
          const [left, right] = [[...a].sort(compareKeys), [...b].sort(compareKeys)];
          const found = await joined(
            left,
            right.map((key) => before + key),
            before,
            page,
          );
          const all = [...new Set([...left, ...right])].sort(compareKeys);
          expect(found.map(({ key }) => key)).toEqual(all);
          for (const { key, kind } of found) {
            const [inLeft, inRight] = [left.includes(key), right.includes(key)];
            expect(kind).toBe(inLeft && inRight ? "both" : inLeft ? "left" : "right");
          }
        },
      ),
    );
  });

  test("pass over the folder itself that a console stored", async () => {
    expect(await joined(["a"], ["old/", "old/a"], "old/")).toMatchObject([{ kind: "both", key: "a" }]);
  });

  test.each([
    [["b", "a"], ["a"]],
    [["a"], ["a", "c", "b"]],
    [["a", "a"], ["a"]],
  ])("of which one is in another order tell nothing: %j, %j", async (left, right) => {
    await expect(joined(left, right)).rejects.toThrow("is not the order of UTF-8");
  });
});
