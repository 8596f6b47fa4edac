/** Rows by key, and their keys in the order of UTF-8 bytes: an array, sorted when it is first walked and kept so from then on. */
import { compareKeys } from "../../objects/key-order.ts";

export type SortedTable<Row> = ReturnType<typeof createSortedTable<Row>>;

export function createSortedTable<Row>() {
  const rows = new Map<string, Row>();
  let order: string[] | undefined;
  const placeOf = (sorted: readonly string[], key: string) =>
    firstNotBelow(sorted, (other) => compareKeys(other, key) < 0);

  return {
    get size(): number {
      return rows.size;
    },
    get: (key: string) => rows.get(key),
    values: () => rows.values(),
    /**
     * Upwards from the first key for which `isBelow` is false. It must be true of a run of smallest keys and false of all
     * others. Rows may not come or go during the walk.
     */
    *keys(isBelow: (key: string) => boolean = () => false): Generator<string> {
      order ??= [...rows.keys()].sort(compareKeys);
      for (let at = firstNotBelow(order, isBelow); at < order.length; at++) yield order[at]!;
    },
    set(key: string, row: Row): void {
      if (order && !rows.has(key)) order.splice(placeOf(order, key), 0, key);
      rows.set(key, row);
    },
    delete(key: string): void {
      if (rows.delete(key)) order?.splice(placeOf(order, key), 1);
    },
  };
}

function firstNotBelow(sorted: readonly string[], isBelow: (key: string) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
