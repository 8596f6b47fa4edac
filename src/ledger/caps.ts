/** The money of a run with a cap (policy/money/cap.ts), in the names of small objects: what each shard may spend, and what it said it did. */
import { nothing, type ShardMoney } from "../policy/money/cap.ts";
import { type CapMark, capPath, parseCap, paths } from "./layout.ts";
import type { LedgerStore } from "./store.ts";

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
