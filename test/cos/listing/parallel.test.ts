import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ParallelListingOptions, parallelListing } from "../../../src/cos/listing/parallel.ts";
import type { Bucket, ListOptions } from "../../../src/objects/bucket.ts";
import { BucketError } from "../../../src/objects/error.ts";
import { compareKeys } from "../../../src/objects/key-order.ts";
import { quick, runs } from "../../setup/quick.ts";
import { refuse, reset } from "../../stores/bucket-fault.ts";
import { fakeClock, runUntilDone } from "../../stores/fake-clock.ts";
import { createMemoryBucket } from "../../stores/memory-bucket.ts";

/** Whole texts, letters that sort otherwise as UTF-16, and names as people give them. */
const someKey = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 6 }).filter((key) => key.isWellFormed()),
  fc.string({
    unit: fc.constantFrom("a", "b", "/", "0", "9", "~", "é", "\uffff", "\u{1f600}", "\ue000"),
    minLength: 1,
    maxLength: 8,
  }),
  fc.nat({ max: 3000 }).map((n) => `IMG_${String(n).padStart(6, "0")}.jpg`),
  fc.nat({ max: 3000 }).map((n) => `2026/0${1 + (n % 9)}/${n}`),
);

function bucketOf(keys: readonly string[]) {
  const clock = fakeClock();
  const bucket = createMemoryBucket({ clock });
  for (const key of keys) bucket.seed(key, "");
  return { clock, bucket };
}

async function listed(
  bucket: Pick<Bucket, "name" | "list">,
  clock: ReturnType<typeof fakeClock>,
  prefix: string,
  more: Partial<ParallelListingOptions> = {},
) {
  const work = (async () => {
    const keys: string[] = [];
    for await (const page of parallelListing(bucket, prefix, { clock, random: () => 0.5, ...more })) {
      expect(page.length).toBeGreaterThan(0);
      keys.push(...page.map(({ key }) => key));
    }
    return keys;
  })();
  return runUntilDone(clock, work);
}

/** A bucket whose LISTs take a while, each at least as long as the others; how many are under way is noted. */
function slow(bucket: Bucket, clock: ReturnType<typeof fakeClock>) {
  const seen = { now: 0, most: 0, requests: 0 };
  const list = async (options?: ListOptions) => {
    seen.requests++;
    seen.most = Math.max(seen.most, ++seen.now);
    await clock.sleep(50, options?.signal);
    const page = await bucket.list(options);
    seen.now--;
    return page;
  };
  return { seen, bucket: { name: bucket.name, list } };
}

describe("the order of keys", () => {
  test("is that of their UTF-8 bytes", () => {
    const text = fc.string({ unit: "binary", maxLength: 5 }).filter((key) => key.isWellFormed());
    const sign = (n: number) => Math.sign(n);
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: runs(2_000) },
    );
    expect(compareKeys("\uffff", "\u{10000}")).toBeLessThan(0);
    expect("\uffff" < "\u{10000}").toBe(false);
  });
});

describe("a listing with many requests at once", () => {
  test.skipIf(quick)(
    "brings every key of the prefix once and in order, whatever the keys and however small the pages",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(someKey, { maxLength: 250 }),
          fc.integer({ min: 1, max: 7 }),
          fc.integer({ min: 1, max: 20 }),
          fc.constantFrom("", "I", "IMG_00", "2026/", "a", "\u{1f600}"),
          fc.option(someKey, { nil: undefined }),
          fc.option(someKey, { nil: undefined }),
          async (keys, maxKeys, inFlight, prefix, after, upTo) => {
            const { clock, bucket } = bucketOf(keys);
            const expected = keys
              .filter((key) => key.startsWith(prefix))
              .filter((key) => after === undefined || compareKeys(key, after) > 0)
              .filter((key) => upTo === undefined || compareKeys(key, upTo) <= 0)
              .sort(compareKeys);
            expect(await listed(bucket, clock, prefix, { maxKeys, inFlight, after, upTo })).toEqual(expected);
          },
        ),
        { numRuns: runs(300) },
      );
    },
  );

  // Keys so dense that ranges are cut at keys that are there, begin with one, and are joined again for want of room.
  const dense = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom(..."0123456789ab"), minLength: 1, maxLength: 3 }).map((name) => `k/${name}`),
    { minLength: 150, maxLength: 500, size: "max" },
  );

  test.skipIf(quick)("brings a key that is where a range ends, and those of ranges that became one again", async () => {
    await fc.assert(
      fc.asyncProperty(
        dense,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 2, max: 4 }),
        fc.infiniteStream(fc.nat({ max: 9 })),
        fc.nat({ max: 149 }),
        async (keys, maxKeys, inFlight, chances, last) => {
          const { clock, bucket } = bucketOf(keys);
          bucket.onRequest(() => ({ kind: "delay", ms: 50 * (chances.next().value as number) }));
          const upTo = keys[last] as string;
          const within = keys.filter((key) => key <= upTo).sort();
          expect(await listed(bucket, clock, "k", { maxKeys, inFlight, upTo })).toEqual(within);
          expect(await listed(bucket, clock, "k/", { maxKeys, inFlight })).toEqual([...keys].sort());
        },
      ),
      { numRuns: 40 },
    );
  });

  test.skipIf(quick)("brings every key once where answers come late, in any order, and some not at all", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(someKey, { minLength: 20, maxLength: 200 }),
        fc.infiniteStream(fc.nat({ max: 9 })),
        async (keys, chances) => {
          const { clock, bucket } = bucketOf(keys);
          const chance = () => chances.next().value as number;
          bucket.onRequest(() => {
            const what = chance();
            if (what === 0) return reset;
            if (what === 1) return refuse("SlowDown");
            return { kind: "delay", ms: 50 * chance() };
          });
          const all = await listed(bucket, clock, "", { maxKeys: 5, inFlight: 6 });
          expect(all).toEqual([...keys].sort(compareKeys));
        },
      ),
      { numRuns: 40 },
    );
  });

  const kinds: Record<string, (n: number) => string> = {
    "numbered names": (n) => `photos/IMG_${String(n).padStart(8, "0")}.jpg`,
    "names of hex digits": (n) => `p/${((n * 2654435761) >>> 0).toString(16).padStart(8, "0")}.jpg`,
    "folders by date": (n) => `img/${new Date(1.6e12 + n * 1.7e6).toISOString().slice(0, 10)}/${n % 97}-${n}.jpg`,
    "folders by user": (n) => `u/user-${Math.floor(n / 37)}/album ${n % 5}/${n}.png`,
    "a script beyond ASCII": (n) => `图片/${String.fromCodePoint(0x4e00 + (n % 900))}${n}.jpg`,
  };

  test.each(quick ? ["folders by user"] : Object.keys(kinds))(
    "of %s has more than ten under way, and takes a third of the time",
    async (kind) => {
      const keys = Array.from({ length: 12_000 }, (_, n) => kinds[kind]?.(n) as string);
      const { clock, bucket } = bucketOf([...new Set(keys)]);
      const { seen, bucket: slowBucket } = slow(bucket, clock);
      const begun = clock.now();
      const all = await listed(slowBucket, clock, "", { maxKeys: 50 });
      expect(all).toEqual([...new Set(keys)].sort(compareKeys));
      const pages = Math.ceil(all.length / 50);
      const ms = clock.now() - begun;
      console.log(`${kind}: ${pages} pages, ${seen.requests} requests, ${(pages * 50) / ms} times as fast`);
      expect(seen.most).toBeGreaterThan(10);
      expect(ms).toBeLessThan((pages * 50) / 3);
      expect(seen.requests).toBeLessThan(2.5 * pages + 40);
    },
  );

  test("asks once where one page is all there is", async () => {
    for (const count of [0, 1, 50]) {
      const { clock, bucket } = bucketOf(Array.from({ length: count }, (_, n) => `k${n}`));
      expect((await listed(bucket, clock, "", { maxKeys: 50 })).length).toBe(count);
      expect(bucket.count("list")).toBe(1);
    }
  });

  test("reads only so far ahead of a reader that takes its time", async () => {
    const { clock, bucket } = bucketOf(Array.from({ length: 20_000 }, (_, n) => String(n).padStart(6, "0")));
    const pages = parallelListing(bucket, "", { clock, random: () => 0.5, maxKeys: 10, inFlight: 10 });
    await runUntilDone(clock, pages.next());
    for (let n = 0; n < 50; n++) await clock.advance(1_000);
    const ahead = bucket.count("list");
    expect(ahead).toBeGreaterThan(10);
    expect(ahead).toBeLessThan(300);
    for (let n = 0; n < 50; n++) await clock.advance(1_000);
    expect(bucket.count("list")).toBe(ahead);
    await pages.return();
  });

  test("stops asking once its reader has enough", async () => {
    const { clock, bucket } = bucketOf(Array.from({ length: 5_000 }, (_, n) => `k${n}`));
    bucket.onRequest(() => ({ kind: "delay", ms: 100 }));
    const pages = parallelListing(bucket, "", { clock, random: () => 0.5, maxKeys: 10 });
    await runUntilDone(clock, pages.next());
    await pages.return();
    const asked = bucket.count("list");
    for (let n = 0; n < 20; n++) await clock.advance(1_000);
    expect(bucket.count("list")).toBe(asked);
  });

  test("fails with what can't succeed, after what came before it was read", async () => {
    const { clock, bucket } = bucketOf(Array.from({ length: 500 }, (_, n) => `k${String(n).padStart(4, "0")}`));
    bucket.onRequest(({ nth }) => (nth > 3 ? refuse("AccessDenied") : undefined));
    const work = listed(bucket, clock, "", { maxKeys: 10 });
    await expect(work).rejects.toMatchObject({ code: "AccessDenied" });
  });

  test("gives up on what fails again and again, with its last error", async () => {
    const { clock, bucket } = bucketOf(["a"]);
    bucket.onRequest(() => refuse("ServiceUnavailable"));
    await expect(listed(bucket, clock, "")).rejects.toMatchObject({ code: "ServiceUnavailable" });
    expect(bucket.count("list")).toBe(8);
  });

  test("that would never get on says so", async () => {
    const clock = fakeClock();
    const object = { key: "a", size: 1, etag: "", lastModified: 0 };
    const bucket = { name: "b-1250000000", list: async () => ({ objects: [object], prefixes: [], nextMarker: "a" }) };
    await expect(listed(bucket, clock, "")).rejects.toBeInstanceOf(BucketError);
  });
});
