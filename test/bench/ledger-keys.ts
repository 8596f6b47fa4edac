/** Keys in order, so that a listing costs what it brings and not what there is. */
export interface LedgerKeys {
  add(key: string): void;
  /** The keys after `marker` that begin with `prefix`, in order; one more than `most` where there are more. */
  list(prefix: string, marker: string, most: number): readonly string[];
  clear(): void;
}

export function createLedgerKeys(): LedgerKeys {
  let keys: string[] = [];
  /** The first that is not before `key`. */
  const indexOf = (key: string): number => {
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    add(key) {
      const at = indexOf(key);
      if (keys[at] !== key) keys.splice(at, 0, key);
    },
    list(prefix, marker, most) {
      const found: string[] = [];
      const [from = ""] = [prefix, marker].sort().reverse();
      for (let at = indexOf(from); at < keys.length && found.length <= most; at++) {
        const key = keys[at]!;
        if (!key.startsWith(prefix)) break;
        if (key > marker) found.push(key);
      }
      return found;
    },
    clear() {
      keys = [];
    },
  };
}
