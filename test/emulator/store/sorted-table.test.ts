import fc from "fast-check";
import { expect, test } from "vitest";
import { createSortedTable } from "../../../src/emulator/store/sorted-table.ts";
import { compareKeys } from "../../../src/objects/key-order.ts";

const key = fc.oneof(fc.string({ maxLength: 3 }), fc.nat(40).map(String));

// Catches: keys that come or go after the first walk and are left out of the order, or stay in it.
test("whatever comes and goes between walks, a walk from anywhere goes upwards over all keys that are there", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), key, row: fc.nat() }),
    fc.record({ kind: fc.constant("delete" as const), key }),
    fc.record({ kind: fc.constant("walk" as const), key }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const table = createSortedTable<number>();
      const model = new Map<string, number>();
      for (const taken of steps) {
        if (taken.kind === "set") {
          table.set(taken.key, taken.row);
          model.set(taken.key, taken.row);
        } else if (taken.kind === "delete") {
          table.delete(taken.key);
          model.delete(taken.key);
        } else {
          const sorted = [...model.keys()].sort(compareKeys);
          expect([...table.keys()]).toEqual(sorted);
          expect([...table.keys((other) => compareKeys(other, taken.key) < 0)]).toEqual(
            sorted.filter((other) => compareKeys(other, taken.key) >= 0),
          );
        }
        expect(table.size).toBe(model.size);
      }
      for (const [there, row] of model) expect(table.get(there)).toBe(row);
    }),
  );
});
