import fc from "fast-check";
import { expect, it } from "vitest";
import { createDueHeap } from "../../src/queue/transports/due-heap.ts";

interface Item {
  at: number;
  place: number;
}

it("gives the earliest item, whatever was added, moved and removed before", () => {
  const step = fc.tuple(fc.constantFrom("add", "add", "add", "move", "remove", "pop"), fc.nat(), fc.nat({ max: 50 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const heap = createDueHeap<Item>({
        at: (item) => item.at,
        place: (item) => item.place,
        setPlace: (item, place) => {
          item.place = place;
        },
      });
      const held: Item[] = [];
      for (const [kind, which, at] of steps) {
        const item = held[which % Math.max(1, held.length)];
        if (kind === "add" || item === undefined) {
          const added = { at, place: -1 };
          held.push(added);
          heap.put(added);
        } else if (kind === "move") {
          item.at = at;
          heap.put(item);
        } else {
          const gone = kind === "pop" ? heap.peek()! : item;
          heap.remove(gone);
          heap.remove(gone);
          held.splice(held.indexOf(gone), 1);
        }
        expect(heap.size).toBe(held.length);
        expect(heap.peek()?.at).toBe(held.length === 0 ? undefined : Math.min(...held.map((one) => one.at)));
      }
      const left = held.map((one) => one.at).sort((a, b) => a - b);
      const popped = left.map(() => {
        const next = heap.peek()!;
        heap.remove(next);
        return next.at;
      });
      expect(popped).toEqual(left);
    }),
  );
});
