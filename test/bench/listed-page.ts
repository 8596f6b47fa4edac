/** One page of a LIST, of keys that come in order from wherever they are known. */

/** The keys after `marker` that begin with `prefix`, in order; one more than `most` where there are more. */
export type KeysAfter = (prefix: string, marker: string, most: number) => readonly string[];

export interface ListedPage {
  readonly keys: readonly string[];
  /** What stands for all keys that go on with it, up to the delimiter. */
  readonly prefixes: readonly string[];
  /** The marker of the next page; undefined after the last. */
  readonly next: string | undefined;
}

export function listPage(after: KeysAfter, query: URLSearchParams): ListedPage {
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const most = Number(query.get("max-keys") ?? 1000);
  let marker = query.get("marker") ?? "";
  const [keys, prefixes]: [string[], string[]] = [[], []];
  for (;;) {
    const room = most - keys.length - prefixes.length;
    const batch = after(prefix, marker, room);
    const [first] = batch;
    if (first === undefined) return { keys, prefixes, next: undefined };
    if (room === 0) return { keys, prefixes, next: marker };
    const folded = (key: string) => delimiter !== "" && key.includes(delimiter, prefix.length);
    if (folded(first)) {
      const common = first.slice(0, first.indexOf(delimiter, prefix.length) + delimiter.length);
      if (common !== marker) prefixes.push(common);
      // Behind all that it stands for.
      marker = `${common}\uffff`;
      continue;
    }
    const end = batch.findIndex(folded);
    const plain = batch.slice(0, Math.min(room, end < 0 ? batch.length : end));
    for (const key of plain) keys.push(key);
    marker = plain.at(-1) ?? marker;
  }
}

/** Several, each in order, as one. */
export function merged(...all: readonly KeysAfter[]): KeysAfter {
  return (prefix, marker, most) =>
    all
      .flatMap((after) => after(prefix, marker, most))
      .sort((a, b) => (a < b ? -1 : 1))
      .slice(0, most + 1);
}

/** Of `count` keys, reckoned from their number, in order. */
export function reckonedKeys(count: () => number, keyOf: (index: number) => string): KeysAfter {
  return (prefix, marker, most) => {
    const [, from = ""] = [prefix, marker].sort();
    let [low, high] = [0, count()];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (keyOf(middle) < from) low = middle + 1;
      else high = middle;
    }
    const keys: string[] = [];
    for (let index = low; index < count() && keys.length <= most; index++) {
      const key = keyOf(index);
      if (!key.startsWith(prefix)) break;
      if (key > marker) keys.push(key);
    }
    return keys;
  };
}
