/**
 * What happened when, in slots of one width: a power of two of seconds, laid from the epoch on, so that two slots make one of twice the
 * width. Where more than `mostSlots` have anything in them the width doubles; so a run of an hour or of a year, of a hundred rows or of
 * a billion, takes a few kilobytes. Slots in which nothing happened are not kept: a run that was halted and resumed a week later is as
 * finely told as another. Merging is exact, in any order: amounts that are spread over a task's time are cut by what came before each
 * moment, so that slots of any width agree.
 */
export const timelineColumns = ["archived", "skipped", "failed", "bytes", "retries", "throttled", "busyMs"] as const;
export type TimelineColumn = (typeof timelineColumns)[number];

export type Slot = Record<TimelineColumn, number>;

export interface Timeline {
  /** Width of a slot. */
  seconds: number;
  /** By their number: `at * seconds` is when a slot begins, in seconds since the epoch. */
  readonly slots: Map<number, Slot>;
  /** Trailers of an older version, which tell of no throttling. */
  untold: number;
}

export const mostSlots = 120;

export const emptyTimeline = (): Timeline => ({ seconds: 1, slots: new Map(), untold: 0 });

const emptySlot = (): Slot => ({ archived: 0, skipped: 0, failed: 0, bytes: 0, retries: 0, throttled: 0, busyMs: 0 });

/** At one moment, ms since the epoch. In place. */
export function addAt(timeline: Timeline, at: number, column: TimelineColumn, amount: number): void {
  if (amount > 0) put(timeline, Math.floor(at / widthOf(timeline)), column, amount);
}

/** No task takes so many ms; a clock that was set may say so. */
export const longestTask = 7 * 86_400_000;

/** Evenly from one moment to another, ms since the epoch, in whole units. In place. */
export function addOver(timeline: Timeline, from: number, to: number, column: TimelineColumn, amount: number): void {
  if (!(amount > 0)) return;
  const begin = Math.max(from, to - longestTask);
  if (begin >= to) {
    addAt(timeline, to, column, amount);
    return;
  }
  while (Math.floor(to / widthOf(timeline)) - Math.floor(begin / widthOf(timeline)) >= mostSlots) widen(timeline);
  const before = (moment: number) =>
    moment <= begin ? 0 : moment >= to ? amount : Math.floor((amount * (moment - begin)) / (to - begin));
  const pieces: [slot: number, piece: number][] = [];
  const width = widthOf(timeline);
  for (let slot = Math.floor(begin / width); slot * width < to; slot++) {
    pieces.push([slot, before((slot + 1) * width) - before(slot * width)]);
  }
  // What is put in may make slots wider; a moment in each is in the same one then.
  for (const [slot, piece] of pieces) addAt(timeline, slot * width, column, piece);
}

/** In place. */
export function addTimeline(timeline: Timeline, other: Timeline): void {
  timeline.untold += other.untold;
  while (timeline.seconds < other.seconds) widen(timeline);
  for (const [number, slot] of other.slots) {
    for (const column of timelineColumns) addAt(timeline, number * other.seconds * 1000, column, slot[column]);
  }
}

const widthOf = ({ seconds }: Timeline): number => seconds * 1000;

function put(timeline: Timeline, number: number, column: TimelineColumn, amount: number): void {
  const known = timeline.slots.get(number);
  if (known !== undefined) {
    known[column] += amount;
    return;
  }
  timeline.slots.set(number, { ...emptySlot(), [column]: amount });
  while (timeline.slots.size > mostSlots) widen(timeline);
}

function widen(timeline: Timeline): void {
  const narrow = [...timeline.slots];
  timeline.seconds *= 2;
  timeline.slots.clear();
  for (const [number, slot] of narrow) {
    const at = Math.floor(number / 2);
    const wide = timeline.slots.get(at) ?? emptySlot();
    timeline.slots.set(at, wide);
    for (const column of timelineColumns) wide[column] += slot[column];
  }
}

/** As a document has it: a list for each column, all of one length, in order of time. */
export interface TimelineDocument extends Readonly<Record<TimelineColumn, readonly number[]>> {
  readonly seconds: number;
  /** When each slot begins, seconds since the epoch. */
  readonly at: readonly number[];
  readonly untold: number;
}

export function timelineDocument({ seconds, slots, untold }: Timeline): TimelineDocument {
  const inOrder = [...slots].sort(([a], [b]) => a - b);
  const column = (name: TimelineColumn) => inOrder.map(([, slot]) => slot[name]);
  return {
    seconds,
    at: inOrder.map(([number]) => number * seconds),
    archived: column("archived"),
    skipped: column("skipped"),
    failed: column("failed"),
    bytes: column("bytes"),
    retries: column("retries"),
    throttled: column("throttled"),
    busyMs: column("busyMs"),
    untold,
  };
}

export function timelineOf(document: TimelineDocument): Timeline {
  const { seconds, at, untold } = document;
  const timeline: Timeline = { seconds, slots: new Map(), untold };
  at.forEach((second, index) => {
    const slot = emptySlot();
    for (const column of timelineColumns) slot[column] = document[column][index] ?? 0;
    timeline.slots.set(Math.floor(second / seconds), slot);
  });
  return timeline;
}
