/**
 * A binary heap of items by a time, smallest first, in which any item can be moved or removed in O(log n): each item keeps
 * its own place. An item may be in several heaps, each with a place of its own.
 */
export interface DueHeap<Item> {
  readonly size: number;
  peek(): Item | undefined;
  /** Adds the item, or moves it where its time has changed. */
  put(item: Item): void;
  /** Nothing where it is not in the heap. */
  remove(item: Item): void;
  clear(): void;
}

export interface DueHeapOptions<Item> {
  /** Milliseconds; equal times come out in any order. */
  readonly at: (item: Item) => number;
  /** -1 while it is not in the heap. */
  readonly place: (item: Item) => number;
  readonly setPlace: (item: Item, place: number) => void;
}

export function createDueHeap<Item>({ at, place, setPlace }: DueHeapOptions<Item>): DueHeap<Item> {
  let items: Item[] = [];

  const set = (index: number, item: Item) => {
    items[index] = item;
    setPlace(item, index);
  };
  const rise = (item: Item, from: number) => {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = items[above]!;
      if (at(parent) <= at(item)) break;
      set(index, parent);
      index = above;
    }
    set(index, item);
  };
  const sink = (item: Item, from: number) => {
    let index = from;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && at(items[below + 1]!) < at(items[below]!)) below += 1;
      const child = items[below]!;
      if (at(child) >= at(item)) break;
      set(index, child);
      index = below;
    }
    set(index, item);
  };
  const settle = (item: Item, index: number) => {
    rise(item, index);
    sink(item, place(item));
  };

  return {
    get size() {
      return items.length;
    },
    peek: () => items[0],
    put(item) {
      settle(item, place(item) === -1 ? items.length : place(item));
    },
    remove(item) {
      const index = place(item);
      if (index === -1) return;
      setPlace(item, -1);
      const last = items.pop();
      if (last !== undefined && last !== item) settle(last, index);
    },
    clear() {
      for (const item of items) setPlace(item, -1);
      items = [];
    },
  };
}
