/**
 * What a run itself adds to the archive among the keys that a shard of it lists: nothing where rows come in the order of their keys, and nearly all
 * of the rows before where they come in a mixed one, as each shard then spans them all. Pure.
 */
import { compareKeys } from "../../../objects/key-order.ts";

/** From a shard's first archive key, in their order, to its last. */
interface Span {
  readonly from: string;
  readonly to: string;
  readonly rows: number;
}

export interface Filling {
  /** The next shard's archive keys. @returns rows of those before it that may lie among them, at most */
  next(keys: readonly string[]): number;
}

/** Beyond as many, neighbours are taken for one: more rows may then seem to lie among a shard's. */
const MOST_SPANS = 2_000;

export function createFilling(): Filling {
  let spans: Span[] = [];
  let last: string | undefined;
  return {
    next(keys) {
      let [from = ""] = keys;
      let to = from;
      for (const key of keys) {
        if (compareKeys(key, from) < 0) from = key;
        if (compareKeys(key, to) > 0) to = key;
      }
      if (keys.length === 0) return 0;
      let among = 0;
      if (last !== undefined && compareKeys(from, last) <= 0) {
        for (const span of spans) {
          if (compareKeys(span.from, to) <= 0 && compareKeys(span.to, from) >= 0) among += span.rows;
        }
      }
      if (last === undefined || compareKeys(to, last) > 0) last = to;
      spans.push({ from, to, rows: keys.length });
      if (spans.length > MOST_SPANS) spans = inPairs(spans);
      return among;
    },
  };
}

function inPairs(spans: readonly Span[]): Span[] {
  const sorted = [...spans].sort((a, b) => compareKeys(a.from, b.from));
  const pairs: Span[] = [];
  for (let at = 0; at < sorted.length; at += 2) {
    const [one, other] = [sorted[at] as Span, sorted[at + 1]];
    if (other === undefined) pairs.push(one);
    else {
      const to = compareKeys(one.to, other.to) > 0 ? one.to : other.to;
      pairs.push({ from: one.from, to, rows: one.rows + other.rows });
    }
  }
  return pairs;
}
