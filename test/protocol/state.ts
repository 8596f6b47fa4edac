/** One state of the whole: stores, queue, and the processes at work. A value: nothing in it is ever changed. */
import { digestOf } from "./digest.ts";
import type { Point } from "./histories.ts";
import type { Objects } from "./objects.ts";
import type { StoreRequest } from "./request.ts";

export interface QueuedMessage {
  /** Its name, and which message of that body it is. */
  readonly id: string;
  readonly body: string;
  /** ms since the epoch; says nothing while somebody holds it. */
  readonly visibleAt: number;
  readonly receives: number;
  readonly deleted: boolean;
}

/** A process and the message that it works. */
export interface Delivery {
  readonly name: string;
  readonly message: string;
  /** The shard that it may work on. */
  readonly shard: number | undefined;
  readonly point: Point;
  /** Deliveries of the same shard that were under way at some time while this was. */
  readonly beside: readonly string[];
}

/** How a delivery ended, and who was beside it. */
export interface Ending {
  readonly how: "yielded" | "crashed" | "settled";
  readonly beside: readonly string[];
}

export interface State {
  /** By the stores' clock, ms since the epoch. */
  readonly now: number;
  readonly archive: Objects;
  readonly ledger: Objects;
  /** In the order of their ids, deleted ones included. */
  readonly messages: readonly QueuedMessage[];
  /** In the order of their names: which worker has which makes no difference. */
  readonly deliveries: readonly Delivery[];
  /** Of deliveries that somebody at work was beside, or that yielded beside one of these. */
  readonly endings: ReadonlyMap<string, Ending>;
  /** Writes of dead processes, which may arrive yet, or never. */
  readonly late: readonly (StoreRequest & { readonly kind: "put" | "restore"; readonly from: string })[];
  /** When the original in an archive class can be read; undefined where no restore of it was begun. */
  readonly restoredAt: number | undefined;
  /** Restores of it that took effect, those among them that were needless. */
  readonly restores: number;
  readonly crashedShards: readonly number[];
  readonly fetches: number;
  readonly crashes: number;
  readonly duplicates: number;
  readonly stalls: number;
  /** Of the stalls, those that went on for longer than an attempt's life. */
  readonly lives: number;
  /** Deliveries of a shard that began beside another of the same. */
  readonly overlaps: number;
}

export function keyOf(state: State): string {
  const { now, archive, ledger, messages, deliveries, endings, late, crashedShards, restoredAt, restores } = state;
  let text = `${now} ${archive.digest} ${ledger.digest} ${crashedShards}`;
  text += ` ${state.fetches} ${state.crashes} ${state.duplicates} ${state.stalls} ${state.lives} ${state.overlaps} ${restoredAt} ${restores}`;
  for (const m of messages) text += `\n${m.id} ${m.deleted ? "" : m.visibleAt} ${m.receives}`;
  for (const { name, point, beside } of deliveries) text += `\n${name} ${point.knows} ${beside}`;
  for (const [name, { how, beside }] of endings) text += `\n${name} ${how} ${beside}`;
  for (const { from, what } of late) text += `\n${from} ${what}`;
  return digestOf(text);
}

const byName = <T extends { readonly name: string }>(a: T, b: T) => (a.name < b.name ? -1 : 1);
const byId = <T extends { readonly id: string }>(a: T, b: T) => (a.id < b.id ? -1 : 1);

export function withMessage(state: State, message: QueuedMessage): State {
  return { ...state, messages: [...state.messages.filter(({ id }) => id !== message.id), message].sort(byId) };
}

export function withDelivery(state: State, delivery: Delivery): State {
  const others = state.deliveries.filter(({ name }) => name !== delivery.name);
  return { ...state, deliveries: [...others, delivery].sort(byName) };
}

/** Its process is at work no more. What matters to nobody at work is forgotten. */
export function withoutDelivery(state: State, gone: Delivery, how: Ending["how"]): State {
  const deliveries = state.deliveries.filter(({ name }) => name !== gone.name);
  const endings = new Map(state.endings).set(gone.name, { how, beside: gone.beside });
  const remembered = new Set<string>();
  const remember = (names: readonly string[]): void => {
    for (const name of names) {
      const ending = endings.get(name);
      if (ending === undefined || remembered.has(name)) continue;
      remembered.add(name);
      if (ending.how === "yielded") remember(ending.beside);
    }
  };
  for (const { beside } of deliveries) remember(beside);
  const kept = [...endings].filter(([name]) => remembered.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...state, deliveries, endings: new Map(kept) };
}

export const isHeld = (state: State, message: QueuedMessage): boolean =>
  state.deliveries.some((delivery) => delivery.message === message.id);

/** Somebody may receive it now. */
export const isVisible = (state: State, message: QueuedMessage): boolean =>
  !message.deleted && message.visibleAt <= state.now && !isHeld(state, message);
