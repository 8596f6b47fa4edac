/** Catches: another state than the archive had, by streams that must not be held; keys that are prefixes of each other, and keys with `~` in them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ListedObject } from "../../../src/objects/bucket.ts";
import { compareKeys } from "../../../src/objects/key-order.ts";
import type { ListedVersion, VersionsPage } from "../../../src/objects/versions.ts";
import { historyName } from "../../../src/policy/history.ts";
import { type Found, newestBy, stateByHistory, stateByVersions } from "../../../src/run/bring-back/state-at.ts";
import { runs } from "../../setup/quick.ts";

const prefix = "history/";
const start = Date.UTC(2026, 10, 30);
const second = (n: number) => start + n * 1000;

const objectOf = (key: string, writtenAt: number): ListedObject => ({
  key,
  size: 1,
  etag: `${writtenAt}`,
  lastModified: writtenAt,
});

async function* inPages<T>(all: readonly T[], length: number): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < all.length; from += length) yield all.slice(from, from + length);
}

async function collect(found: AsyncIterable<Found>): Promise<Record<string, string>> {
  const state: Record<string, string> = {};
  for await (const { archiveKey, object } of found) {
    expect(state, "each key once").not.toHaveProperty([archiveKey]);
    state[archiveKey] = object.key;
  }
  return state;
}

const inOrder = (objects: readonly ListedObject[]) => objects.toSorted((a, b) => compareKeys(a.key, b.key));

/** Keys that are prefixes of each other, and that look like the names of copies. */
const key = fc
  .array(fc.constantFrom("a", ".", "~", "/", "b", "~20261130T000001Z~7", "é", "\u{1f600}", "\uffee"), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(""));
/** Of each key when it was written; the last of them lies there now, unless it was removed. */
const story = fc.uniqueArray(
  fc.record({
    key,
    at: fc.uniqueArray(fc.nat(20), { minLength: 1, maxLength: 4 }),
    isRemoved: fc.boolean(),
  }),
  { selector: ({ key }) => key, maxLength: 12 },
);

test("the newest of each key that was written by then, whatever the keys", async () => {
  await fc.assert(
    fc.asyncProperty(
      story,
      fc.integer({ min: -1, max: 21 }),
      fc.integer({ min: 1, max: 5 }),
      async (keys, at, length) => {
        const present: ListedObject[] = [];
        const history: ListedObject[] = [];
        const expected: Record<string, string> = {};
        for (const { key, at: times, isRemoved } of keys) {
          const sorted = times.toSorted((a, b) => a - b);
          const last = sorted.at(-1) as number;
          const named = (n: number) => historyName(prefix, key, second(n), "7");
          for (const n of sorted) if (n !== last || isRemoved) history.push(objectOf(named(n), second(n + 30)));
          // As a LIST tells it, with more than seconds.
          if (!isRemoved) present.push({ ...objectOf(key, second(last) + 700) });
          const then = sorted.filter((n) => n <= at).at(-1);
          if (then !== undefined) expected[key] = then === last && !isRemoved ? key : named(then);
        }
        const pages = (all: readonly ListedObject[]) => inPages(inOrder(all), length);
        const state = await collect(stateByHistory(pages(present), pages(history), prefix, second(at)));
        expect(state).toEqual(expected);
        for (const { key } of keys) {
          const one = newestBy(
            present.find((object) => object.key === key),
            history,
            { archiveKey: key, prefix, at: second(at) },
          );
          expect(one?.key).toBe(expected[key]);
        }
      },
    ),
    { numRuns: runs(500) },
  );
});

test("what lies there now goes before a copy of the same second, and what is no copy is nobody's", async () => {
  const copy = objectOf(historyName(prefix, "a", second(1), "7"), second(2));
  const stray = objectOf(`${prefix}notes.txt`, second(1));
  const state = stateByHistory(inPages([objectOf("a", second(1))], 1), inPages([copy, stray], 1), prefix, second(5));
  expect(await collect(state)).toEqual({ a: "a" });
});

describe("by versions", () => {
  const version = (key: string, at: number, more: Partial<ListedVersion> = {}): ListedVersion => ({
    ...objectOf(key, second(at)),
    versionId: `${key}-${at}`,
    isDeleted: false,
    isLatest: false,
    ...more,
  });
  async function* pages(...all: readonly (readonly ListedVersion[])[]): AsyncGenerator<VersionsPage> {
    for (const [n, versions] of all.entries()) {
      const last = versions.at(-1);
      yield { versions, next: n === all.length - 1 || last === undefined ? undefined : { key: last.key } };
    }
  }
  const stateAt = async (at: number, ...all: readonly (readonly ListedVersion[])[]) => {
    const found: Record<string, string | undefined> = {};
    for await (const { archiveKey, object } of stateByVersions(pages(...all), second(at)))
      found[archiveKey] = object.versionId;
    return found;
  };

  test("a key's versions may go on in the next page, and a delete marker says that it was not there", async () => {
    const first = [version("a", 5, { isLatest: true }), version("b", 9, { isLatest: true })];
    const then = [version("b", 6), version("b", 2), version("b", 7, { isDeleted: true })];
    expect(await stateAt(9, first, then)).toEqual({ a: "a-5", b: "b-9" });
    expect(await stateAt(8, first, then)).toEqual({ a: "a-5" });
    expect(await stateAt(6, first, then)).toEqual({ a: "a-5", b: "b-6" });
    expect(await stateAt(3, first, then)).toEqual({ b: "b-2" });
    expect(await stateAt(1, first, then)).toEqual({});
  });
});
