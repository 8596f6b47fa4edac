import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGivenKeys, fingerprint, type Repetition } from "../../../src/run/plan/keys/given-keys.ts";
import { heldBytes } from "../../setup/held-memory.ts";
import { quick } from "../../setup/quick.ts";

describe("which archive keys were given out", () => {
  const sightings = fc.array(fc.tuple(fc.nat({ max: 40 }).map(String), fc.constantFrom("a", "b", "c")), {
    maxLength: 300,
  });

  test("is what a map would say", () => {
    fc.assert(
      fc.property(sightings, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (rows, chance) => {
        const givenKeys = createGivenKeys(() => chance);
        const model = new Map<string, string>();
        for (const [key, source] of rows) {
          const before = model.get(key);
          const expected: Repetition = before === undefined ? "new" : before === source ? "duplicate" : "collision";
          if (before === undefined) model.set(key, source);
          expect(givenKeys.give(key, source)).toBe(expected);
        }
        expect(givenKeys.exact()).toBe(true);
      }),
    );
  });

  test("is, beyond the limit, still known of the first rows and within a shard", () => {
    fc.assert(
      fc.property(
        sightings,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 30 }),
        (rows, limit, shardSize) => {
          const givenKeys = createGivenKeys(() => 0.5, limit);
          const first = new Map<string, string>();
          let shard = new Map<string, string>();
          for (const [n, [key, source]] of rows.entries()) {
            const before = first.get(key) ?? shard.get(key);
            const expected: Repetition = before === undefined ? "new" : before === source ? "duplicate" : "collision";
            if (before === undefined) (first.size < limit ? first : shard).set(key, source);
            expect(givenKeys.give(key, source)).toBe(expected);
            if ((n + 1) % shardSize === 0) {
              givenKeys.nextShard();
              shard = new Map();
            }
          }
        },
      ),
    );
  });

  test.skipIf(quick)("holds for keys that hardly differ, by the hundred thousand", () => {
    const givenKeys = createGivenKeys(() => 0.7);
    const keys = (n: number) => [
      `photos/2024/01/IMG_${String(n).padStart(8, "0")}.jpg`,
      `${n}`,
      `a/${n}/b/${n % 7}.png`,
    ];
    for (let n = 0; n < 100_000; n++)
      for (const key of keys(n)) if (givenKeys.give(key, key) !== "new") throw new Error(key);
    for (let n = 0; n < 100_000; n += 997) {
      for (const key of keys(n))
        expect([givenKeys.give(key, key), givenKeys.give(key, "x")]).toEqual(["duplicate", "collision"]);
    }
  });

  test.skipIf(quick)("takes a few bytes a row, not a few hundred", async () => {
    const rows = 900_000;
    const before = await heldBytes("arrayBuffers");
    const givenKeys = createGivenKeys(() => 0.3, rows);
    for (let n = 0; n < rows; n++) givenKeys.give(`photos/${n}.jpg`, `photos/${n}.jpg`);
    const bytes = ((await heldBytes("arrayBuffers")) - before) / rows;
    expect(givenKeys.give("photos/0.jpg", "photos/0.jpg")).toBe("duplicate");
    expect(givenKeys.exact()).toBe(true);
    console.log(`seen: ${bytes.toFixed(1)} bytes a row`);
    // 10 bytes a slot, nine of ten slots used, and no older table beside it; strings in a Map would take 150 and more.
    expect(bytes).toBeLessThan(12);
  });
});

describe("a fingerprint", () => {
  test("is 64 bits, never all zero, and another for another seed", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat({ max: 2 ** 32 - 1 }), (text, seed) => {
        const { high, low } = fingerprint(text, seed);
        for (const word of [high, low]) expect(word >>> 0).toBe(word);
        expect(high !== 0 || low !== 0).toBe(true);
      }),
    );
    const prints = [0, 1, 2 ** 31, 2 ** 32 - 1].map((seed) => JSON.stringify(fingerprint("photos/a.jpg", seed)));
    expect(new Set(prints).size).toBe(4);
  });
});
