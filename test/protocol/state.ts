/** One state of the whole: stores, queue, and the processes at work. A value: nothing in it is ever changed. */
import type { Point } from "./histories.ts";
import { digest, type Objects } from "./objects.ts";
import type { Request, StoreRequest } from "./request.ts";

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

export type Ending = "yielded" | "crashed" | "settled";

export interface State {
  /** By the stores' clock, ms since the epoch. */
  readonly now: number;
  readonly archive: Objects;
  readonly ledger: Objects;
  /** In the order of their ids, deleted ones included. */
  readonly messages: readonly QueuedMessage[];
  /** In the order of their names: which worker has which makes no difference. */
  readonly deliveries: readonly Delivery[];
  /** How deliveries ended that somebody at work was beside. */
  readonly endings: ReadonlyMap<string, Ending>;
  /** Writes of dead processes, which may arrive yet, or never. */
  readonly late: readonly (StoreRequest & { readonly kind: "put"; readonly from: string })[];
  readonly crashedShards: readonly number[];
  readonly fetches: number;
  readonly crashes: number;
  readonly duplicates: number;
  readonly stalls: number;
  /** Deliveries of a shard that began beside another of the same. */
  readonly overlaps: number;
}

export function keyOf(state: State): string {
  return digest(
    JSON.stringify([
      state.now,
      state.archive.digest,
      state.ledger.digest,
      state.messages.map((m) => [m.id, m.deleted ? "" : m.visibleAt, m.receives]),
      state.deliveries.map(({ name, point, beside }) => [name, point.id, beside]),
      [...state.endings],
      state.late.map(({ from, n }) => [from, n]),
      state.crashedShards,
      [state.fetches, state.crashes, state.duplicates, state.stalls, state.overlaps],
    ]),
  );
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

/** Its process is at work no more. What nobody at work was beside is forgotten. */
export function withoutDelivery(state: State, gone: Delivery, ending: Ending): State {
  const deliveries = state.deliveries.filter(({ name }) => name !== gone.name);
  const remembered = new Set(deliveries.flatMap(({ beside }) => beside));
  const endings = [...state.endings, [gone.name, ending] as const].filter(([name]) => remembered.has(name));
  return { ...state, deliveries, endings: new Map(endings.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

export const isHeld = (state: State, message: QueuedMessage): boolean =>
  state.deliveries.some((delivery) => delivery.message === message.id);

/** Somebody may receive it now. */
export const isVisible = (state: State, message: QueuedMessage): boolean =>
  !message.deleted && message.visibleAt <= state.now && !isHeld(state, message);

export type { Request };
