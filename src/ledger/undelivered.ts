/**
 * What a run could not tell others: of a shard's archived rows (`events/`), and that it ended (`notices/`). Written before the shard's done
 * marker, or after the summary; a `delivered` twin beats it, whenever either was written. What was told at once leaves no trace here, but for
 * notices, of which a run has one or two.
 */
import { ulid } from "ulid";
import type { Clock, Random } from "../vocabulary/clock.ts";
import { documentText } from "./document.ts";
import { paths } from "./layout.ts";
import type { LedgerStore } from "./store.ts";

/** Archived rows of a shard that could not all be told of. */
export interface UntoldShard {
  readonly shard: number;
  /** So many events were taken, from the first on, of so many. */
  readonly taken: number;
  readonly of: number;
}

const untoldPath = ({ shard, taken, of }: UntoldShard, id: string): string =>
  `${paths.eventsOf(shard)}undelivered~${taken}of${of}~${id}.json`;
const toldPath = (shard: number, id: string): string => `${paths.eventsOf(shard)}delivered~${id}`;

/** Undefined for what is neither. */
export function parseTold(path: string): (UntoldShard & { readonly told: boolean }) | undefined {
  const match = /^events\/(\d+)~(?:(delivered)|undelivered~(\d+)of(\d+))~[0-9A-Z]{26}(?:\.json)?$/.exec(path);
  if (match === null) return undefined;
  const [, shard, told, taken = 0, of = 0] = match;
  return { shard: Number(shard), told: told !== undefined, taken: Number(taken), of: Number(of) };
}

/** An end of a run: how, and by the control of which epoch; 0 where none stopped it. */
export interface RunEnding {
  readonly epoch: number;
  readonly state: string;
}

/** Of an ending what was written of its notice. */
const noticesOf = ({ epoch, state }: RunEnding): string => paths.noticesOf(epoch, state);
const noticePath = (ending: RunEnding, end: "delivered" | "undelivered", id: string): string =>
  `${noticesOf(ending)}${end}~${id}${end === "delivered" ? "" : ".json"}`;
const isDeliveredNotice = (path: string): boolean => /~delivered~[0-9A-Z]{26}$/.test(path);

interface Naming {
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
}

/** For people who look into the ledger. */
export interface WhyUndelivered {
  readonly to: string;
  readonly why: string;
}

const reason = ({ to, why }: WhyUndelivered, { clock }: Naming) =>
  documentText({ to, reason: why, at: new Date(clock.now()).toISOString() });

export function writeUntold(
  ledger: LedgerStore,
  shard: UntoldShard,
  why: WhyUndelivered,
  naming: Naming,
): Promise<void> {
  return ledger.put(untoldPath(shard, ulid(naming.clock.now(), naming.random)), reason(why, naming));
}

export function writeTold(ledger: LedgerStore, shard: number, { clock, random }: Naming): Promise<void> {
  return ledger.put(toldPath(shard, ulid(clock.now(), random)), "");
}

/** Shards that were not told of in full, in order, and how far they were. */
export async function untoldShards(ledger: LedgerStore): Promise<readonly UntoldShard[]> {
  const { objects } = await ledger.list(paths.events);
  const untold = new Map<number, UntoldShard>();
  const told = new Set<number>();
  for (const { key } of objects) {
    const marker = parseTold(key);
    if (marker === undefined) continue;
    const { shard, taken, of } = marker;
    if (marker.told) told.add(shard);
    else if (taken >= (untold.get(shard)?.taken ?? 0)) untold.set(shard, { shard, taken, of });
  }
  return [...untold.values()].filter(({ shard }) => !told.has(shard)).sort((a, b) => a.shard - b.shard);
}

export function writeNotice(
  ledger: LedgerStore,
  ending: RunEnding,
  end: { readonly kind: "delivered" } | ({ readonly kind: "undelivered" } & WhyUndelivered),
  naming: Naming,
): Promise<void> {
  const path = noticePath(ending, end.kind, ulid(naming.clock.now(), naming.random));
  return ledger.put(path, end.kind === "delivered" ? "" : reason(end, naming));
}

/** Was somebody told that the run ended so? Undefined where nobody tried, or nobody wrote it down. */
export async function noticeOf(
  ledger: LedgerStore,
  ending: RunEnding,
): Promise<"delivered" | "undelivered" | undefined> {
  const { objects } = await ledger.list(noticesOf(ending));
  if (objects.some(({ key }) => isDeliveredNotice(key))) return "delivered";
  return objects.length > 0 ? "undelivered" : undefined;
}
