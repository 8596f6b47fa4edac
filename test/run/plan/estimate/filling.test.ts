/** Catches: a plan that reckons with the archive as it is now, where the run itself puts thousands of keys among those that it lists. */
import { expect, test } from "vitest";
import { createFilling } from "../../../../src/run/plan/estimate/filling.ts";

const shardsOf = (keys: readonly string[], size: number) =>
  Array.from({ length: Math.ceil(keys.length / size) }, (_, n) => keys.slice(n * size, (n + 1) * size));
const keys = Array.from({ length: 40_000 }, (_, n) => `photos/${String(n).padStart(6, "0")}`);
/** Each folder in turn. */
const mixed = keys.map((_, n) => keys[(n * 7_919) % keys.length] as string);

test("nothing lies among keys that come in their order, however many there are", () => {
  const filling = createFilling();
  expect(new Set(shardsOf(keys, 10).map((shard) => filling.next(shard)))).toEqual(new Set([0]));
});

test("all rows before it lie among those of a shard in mixed order", () => {
  const filling = createFilling();
  expect(shardsOf(mixed, 1_000).map((shard) => filling.next(shard))).toEqual(
    Array.from({ length: 40 }, (_, n) => n * 1_000),
  );
});

test("of many shards in mixed order none is forgotten", () => {
  const filling = createFilling();
  const among = shardsOf(mixed, 10).map((shard) => filling.next(shard));
  expect(among.at(-1)).toBeGreaterThan(39_000);
  expect(among.at(-1)).toBeLessThanOrEqual(39_990);
});

test("a shard of which every row is over already adds nothing", () => {
  const filling = createFilling();
  expect([filling.next(["b"]), filling.next([]), filling.next(["a", "c"]), filling.next(["c"])]).toEqual([0, 0, 1, 2]);
});
