/** Catches: a key that lies there and is told not to, or the other way round; a LIST for keys that lie far apart; a refusal that is an error. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ListedKeys, type ListKeysOptions, listKeys } from "../../../src/cos/listing/of-keys.ts";
import type { Bucket, ListPage } from "../../../src/objects/bucket.ts";
import { compareKeys } from "../../../src/objects/key-order.ts";
import { headsOfAList } from "../../../src/policy/listing.ts";
import { quick, runs } from "../../setup/quick.ts";
import { refuse } from "../../stores/bucket-fault.ts";
import { fakeClock, runUntilDone } from "../../stores/fake-clock.ts";
import { createMemoryBucket } from "../../stores/memory-bucket.ts";

function lab(keys: Iterable<string>) {
  const clock = fakeClock(0);
  const bucket = createMemoryBucket({ clock });
  for (const key of keys) bucket.seed(key, key);
  const list = (
    wanted: Iterable<string>,
    more: Partial<ListKeysOptions> = {},
    of: Pick<Bucket, "name" | "list"> = bucket,
  ) => runUntilDone(clock, listKeys(of, wanted, { clock, random: () => 0.5, ...more }));
  return { clock, bucket, list };
}

const numbered = (count: number, from = 0, prefix = "photos/") =>
  Array.from({ length: count }, (_, n) => `${prefix}${String(from + n).padStart(6, "0")}.jpg`);

const told = (listed: ListedKeys, keys: readonly string[]) =>
  keys.map((key) => {
    const word = listed.of(key);
    return word === undefined || word === "none" ? word : word.key;
  });

describe("what LISTs tell of wanted keys", () => {
  test("of keys side by side a page tells a thousand, each with its size and its ETag", async () => {
    const keys = numbered(10_000);
    const { list, bucket } = lab(keys);
    const listed = await list(keys);
    expect(told(listed, keys)).toEqual(keys);
    expect(listed.of(keys[7] as string)).toMatchObject({ size: 17, etag: bucket.object(keys[7] as string)?.etag });
    expect(listed).toMatchObject({ told: 10_000, lists: 10, fault: undefined });
    expect(bucket.count("list")).toBe(10);
  });

  test("of what is not there one page tells all", async () => {
    const keys = numbered(5_000);
    const { list } = lab(["aaa", "zzz"]);
    const listed = await list(keys);
    expect(new Set(told(listed, keys))).toEqual(new Set(["none"]));
    expect(listed.lists).toBe(1);
  });

  test("others that lie between make more pages, and nothing else", async () => {
    const keys = numbered(2_000).filter((_, n) => n % 4 === 0);
    const { list } = lab(numbered(2_000));
    const listed = await list(keys);
    expect(told(listed, keys)).toEqual(keys);
    expect(listed.lists).toBe(2);
  });

  test("what lies before the wanted keys, or between two folders of them, is not listed", async () => {
    const keys = [...numbered(500, 0, "b/"), ...numbered(500, 0, "d/")];
    const { list } = lab([...numbered(5_000, 0, "a/"), ...numbered(5_000, 0, "c/"), ...keys]);
    const listed = await list(keys);
    expect(told(listed, keys)).toEqual(keys);
    expect(listed.lists).toBe(2);
  });

  test.skipIf(quick)("keys far apart are left to a HEAD each after two looks", async () => {
    const keys = numbered(50_000).filter((_, n) => n % 500 === 0);
    const { list } = lab(numbered(50_000));
    const listed = await list(keys);
    expect(listed).toMatchObject({ lists: 2, told: 4, fault: undefined });
    expect(told(listed, keys).slice(4)).toEqual(Array(96).fill(undefined));
  });

  test("fewer keys than a LIST costs are not listed for", async () => {
    const keys = numbered(headsOfAList - 1);
    expect(await lab(keys).list(keys)).toMatchObject({ lists: 0, told: 0, fault: undefined });
  });

  test("in whatever order the keys are wanted, and however often", async () => {
    const keys = numbered(1_000);
    const wanted = keys.flatMap((_, n) => [keys[(n * 617) % 1_000] as string, keys[n] as string]);
    const listed = await lab(keys).list(wanted);
    expect(told(listed, keys)).toEqual(keys);
    expect(listed).toMatchObject({ lists: 1, told: 1_000 });
  });

  test("is true of every key, whatever keys there are and however they are spelt", async () => {
    const key = fc.oneof(
      fc.string({
        unit: fc.constantFrom("a", "b", "/", "%", "+", " ", "\u0001", "é", "e\u0301", "\ud7ff", "\uffff", "\u{1f600}"),
        minLength: 1,
        maxLength: 5,
      }),
      fc.nat({ max: 400 }).map(String),
    );
    const keys = fc.uniqueArray(key, { maxLength: 300, size: "max" });
    await fc.assert(
      fc.asyncProperty(keys, keys, fc.integer({ min: 20, max: 60 }), async (there, wanted, maxKeys) => {
        const { list } = lab(there);
        const listed = await list(wanted, { maxKeys });
        const all = new Set(there);
        for (const key of wanted) {
          const word = listed.of(key);
          if (word !== undefined) expect(word === "none" ? undefined : word.key).toBe(all.has(key) ? key : undefined);
        }
        expect(listed.told).toBe(wanted.filter((key) => listed.of(key) !== undefined).length);
        expect(listed.lists * headsOfAList).toBeLessThanOrEqual(2 * headsOfAList + listed.told);
      }),
      { numRuns: runs(300) },
    );
  });

  test("a refusal ends it, and is no error: what was told by then is kept", async () => {
    const keys = numbered(3_000);
    const { list, bucket } = lab(keys);
    let lists = 0;
    bucket.onRequest(({ type }) => (type === "list" && ++lists > 1 ? refuse("AccessDenied") : undefined));
    const listed = await list(keys);
    expect(told(listed, keys)).toEqual([...keys.slice(0, 1_000), ...Array(2_000).fill(undefined)]);
    expect(listed.fault).toMatchObject({ code: "AccessDenied" });
  });

  test("what fails for the moment is tried three times, and each is counted", async () => {
    const keys = numbered(1_000);
    const { list, bucket } = lab(keys);
    let lists = 0;
    bucket.onRequest(({ type }) => (type === "list" && ++lists <= 2 ? refuse("InternalError") : undefined));
    expect(await list(keys)).toMatchObject({ lists: 3, told: 1_000, fault: undefined });
    bucket.onRequest(() => refuse("InternalError"));
    expect(await list(keys)).toMatchObject({ lists: 3, told: 0, fault: { code: "InternalError" } });
  });

  test("no LIST begins when the time is over, or it is to stop", async () => {
    const keys = numbered(3_000);
    const { list, bucket, clock } = lab(keys);
    bucket.onRequest(({ type }) => (type === "list" ? { kind: "delay", ms: 1_000 } : undefined));
    expect(await list(keys, { until: clock.elapsed() + 500 })).toMatchObject({ lists: 1, told: 1_000 });
    expect(await list(keys, { signal: AbortSignal.abort() })).toMatchObject({ lists: 0, told: 0, fault: undefined });
  });

  test.each<[string, (page: ListPage) => ListPage]>([
    ["in another order", (page) => ({ ...page, objects: page.objects.toReversed() })],
    [
      "of another prefix",
      (page) => ({ ...page, objects: page.objects.map((one) => ({ ...one, key: `x${one.key}` })) }),
    ],
    ["of what lies before the marker", (page) => ({ ...page, objects: [{ ...page.objects[0]!, key: "photos/" }] })],
    ["that goes on without a key", (page) => ({ ...page, objects: [], nextMarker: "photos/0" })],
  ])("a page %s tells nothing", async (_, spoil) => {
    const keys = numbered(1_000);
    const { list, bucket } = lab(keys);
    const spoilt = { name: bucket.name, list: async (options: object) => spoil(await bucket.list(options)) };
    const listed = await list(keys, {}, spoilt);
    expect(listed).toMatchObject({ told: 0, fault: { code: "MalformedReply" } });
  });

  test("the keys are gone through in the order of UTF-8, not of UTF-16", async () => {
    const keys = [..."\uff21\u{1f600}"].flatMap((letter) => numbered(30, 0, `${letter}/`));
    const listed = await lab(keys).list(keys.toSorted(compareKeys));
    expect(told(listed, keys)).toEqual(keys);
  });
});
