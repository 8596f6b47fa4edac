/** The money of a run with a cap (policy/money/cap.ts), in the names of small objects: what each shard may spend, and what it said it did. */
import { type Amount, nothing, type ShardMoney } from "../policy/money/cap.ts";
import { paths } from "./layout.ts";
import type { LedgerStore } from "./store.ts";

/** One object below `caps/`. */
export type CapMark =
  /** `n`: which grant of the shard, from 1. Amounts that no cap bounds are Infinity. */
  | { readonly kind: "granted"; readonly shard: number; readonly n: number; readonly amount: Amount }
  /** After that grant, or 0 where there was none. */
  | {
      readonly kind: "short";
      readonly shard: number;
      readonly n: number;
      readonly spent: Amount;
      readonly needs: Amount;
      readonly attempt: string;
    }
  | { readonly kind: "over"; readonly shard: number; readonly spent: Amount; readonly attempt: string };

const amountText = ({ nano, bytes }: Amount) => `m${boundText(nano)}~b${boundText(bytes)}`;
const boundText = (n: number) => (n === Number.POSITIVE_INFINITY ? "x" : String(n));
const boundOf = (text: string | undefined) => (text === "x" ? Number.POSITIVE_INFINITY : Number(text));

export function capPath(mark: CapMark): string {
  switch (mark.kind) {
    case "granted":
      return `${paths.grants(mark.shard)}${mark.n}~${amountText(mark.amount)}`;
    case "short":
      return `${paths.short(mark.shard)}${mark.n}~${amountText(mark.spent)}~${amountText(mark.needs)}~${mark.attempt}`;
    case "over":
      return `${paths.spent(mark.shard)}${amountText(mark.spent)}~${mark.attempt}`;
  }
}

/** Undefined for what is none. */
export function parseCap(path: string): CapMark | undefined {
  const granted = /^caps\/granted\/(\d+)~(\d+)~m(\d+|x)~b(\d+|x)$/.exec(path);
  if (granted !== null) {
    const [, shard, n, nano, bytes] = granted;
    return { kind: "granted", shard: Number(shard), n: Number(n), amount: amountAt(nano, bytes) };
  }
  const short = /^caps\/short\/(\d+)~(\d+)~m(\d+)~b(\d+)~m(\d+)~b(\d+)~([0-9A-Z]{26})$/.exec(path);
  if (short !== null) {
    const [, shard, n, nano, bytes, moreNano, moreBytes, attempt] = short;
    const its = { shard: Number(shard), n: Number(n), attempt: attempt as string };
    return { kind: "short", ...its, spent: amountAt(nano, bytes), needs: amountAt(moreNano, moreBytes) };
  }
  const over = /^caps\/over\/(\d+)~m(\d+)~b(\d+)~([0-9A-Z]{26})$/.exec(path);
  if (over === null) return undefined;
  const [, shard, nano, bytes, attempt] = over;
  return { kind: "over", shard: Number(shard), spent: amountAt(nano, bytes), attempt: attempt as string };
}

const amountAt = (nano: string | undefined, bytes: string | undefined): Amount => ({
  nano: boundOf(nano),
  bytes: boundOf(bytes),
});

/** One shard's money, and which of its grants is the newest; 0 where it has none. */
export interface ShardCap extends Omit<ShardMoney, "isOver"> {
  readonly n: number;
}

export const noMoney: ShardCap = { granted: undefined, spent: undefined, short: undefined, n: 0 };

/** Of all shards that have any. */
export async function readShardCaps(ledger: LedgerStore): Promise<ReadonlyMap<number, ShardCap>> {
  const { objects } = await ledger.list(paths.caps);
  const marks = new Map<number, CapMark[]>();
  for (const { key } of objects) {
    const mark = parseCap(key);
    if (mark === undefined) continue;
    const those = marks.get(mark.shard);
    if (those === undefined) marks.set(mark.shard, [mark]);
    else those.push(mark);
  }
  return new Map([...marks].map(([shard, those]) => [shard, foldCaps(those)]));
}

/** What one shard may spend in all; undefined where it was given nothing yet. */
export async function readGrant(ledger: LedgerStore, shard: number): Promise<ShardCap> {
  const { objects } = await ledger.list(paths.grants(shard));
  return foldCaps(objects.flatMap(({ key }) => parseCap(key) ?? []));
}

/** Pure. Who says something twice, or beside another, says no less than before: the most counts. */
export function foldCaps(marks: readonly CapMark[]): ShardCap {
  let cap = noMoney;
  let shortOf: { readonly n: number; readonly needs: NonNullable<ShardMoney["short"]> } | undefined;
  for (const mark of marks) {
    if (mark.kind === "granted") {
      if (mark.n >= cap.n)
        cap = { ...cap, n: mark.n, granted: most(mark.n === cap.n ? cap.granted : undefined, mark.amount) };
      continue;
    }
    cap = { ...cap, spent: most(cap.spent, mark.spent) };
    if (mark.kind === "short" && mark.n >= (shortOf?.n ?? 0)) shortOf = mark;
  }
  return { ...cap, short: shortOf !== undefined && shortOf.n >= cap.n ? shortOf.needs : undefined };
}

const most = (a = nothing, b = nothing) => ({ nano: Math.max(a.nano, b.nano), bytes: Math.max(a.bytes, b.bytes) });

export function writeCap(ledger: LedgerStore, mark: CapMark): Promise<void> {
  return ledger.put(capPath(mark), "");
}
