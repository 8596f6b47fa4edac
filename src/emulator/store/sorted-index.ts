/**
 * Keys in the order of UTF-8 bytes, each with one number. Two plain arrays per leaf of at most LEAF keys, so that a key
 * costs its string and two words, an insertion moves at most LEAF of them, and a walk from anywhere is a binary search.
 */
import { compareKeys } from "./key-order.ts";

interface Leaf {
  readonly keys: string[];
  readonly values: number[];
}

export interface SortedIndex {
  readonly size: number;
  get(key: string): number | undefined;
  set(key: string, value: number): void;
  delete(key: string): boolean;
  /**
   * Walks upwards from the first key for which `isBelow` is false. `isBelow` must be true of a run of smallest keys and
   * false of all others. Keys may not be changed during a walk.
   */
  from(isBelow: (key: string) => boolean): Iterable<readonly [key: string, value: number]>;
}

const LEAF = 512;

function firstNotBelow(length: number, isBelow: (at: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function createSortedIndex(): SortedIndex {
  const leaves: Leaf[] = [{ keys: [], values: [] }];
  let size = 0;

  /** The leaf that holds `key`, or should; and where in it. */
  function locate(key: string): { leafAt: number; leaf: Leaf; at: number; found: boolean } {
    const after = firstNotBelow(leaves.length, (at) => {
      const first = leaves[at]!.keys[0];
      return first === undefined || compareKeys(first, key) <= 0;
    });
    const leafAt = Math.max(0, after - 1);
    const leaf = leaves[leafAt]!;
    const at = firstNotBelow(leaf.keys.length, (i) => compareKeys(leaf.keys[i]!, key) < 0);
    return { leafAt, leaf, at, found: leaf.keys[at] === key };
  }

  return {
    get size() {
      return size;
    },
    get(key) {
      const { leaf, at, found } = locate(key);
      return found ? leaf.values[at] : undefined;
    },
    set(key, value) {
      const { leafAt, leaf, at, found } = locate(key);
      if (found) {
        leaf.values[at] = value;
        return;
      }
      leaf.keys.splice(at, 0, key);
      leaf.values.splice(at, 0, value);
      size++;
      if (leaf.keys.length > LEAF) {
        // Keys that arrive in order leave full leaves behind; others split in the middle.
        const cut = at === LEAF ? LEAF : LEAF >>> 1;
        leaves.splice(leafAt + 1, 0, { keys: leaf.keys.splice(cut), values: leaf.values.splice(cut) });
      }
    },
    delete(key) {
      const { leafAt, leaf, at, found } = locate(key);
      if (!found) return false;
      leaf.keys.splice(at, 1);
      leaf.values.splice(at, 1);
      if (leaf.keys.length === 0 && leaves.length > 1) leaves.splice(leafAt, 1);
      size--;
      return true;
    },
    *from(isBelow) {
      let leafAt = Math.max(
        0,
        firstNotBelow(leaves.length, (at) => {
          const first = leaves[at]!.keys[0];
          return first === undefined || isBelow(first);
        }) - 1,
      );
      let at = firstNotBelow(leaves[leafAt]!.keys.length, (i) => isBelow(leaves[leafAt]!.keys[i]!));
      for (; leafAt < leaves.length; leafAt++, at = 0) {
        const leaf = leaves[leafAt]!;
        for (; at < leaf.keys.length; at++) yield [leaf.keys[at]!, leaf.values[at]!];
      }
    },
  };
}
