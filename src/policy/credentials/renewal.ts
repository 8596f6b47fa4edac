/**
 * When temporary credentials are renewed, and when their end is told. Pure.
 *
 * They are renewed some minutes before they end, each worker at a moment of its own, so that a fleet that was started together does not ask at
 * once. While they hold requests go on with them; only what would be signed by keys that end within seconds waits. An attempt that brought nothing
 * newer is made again, ever later. Whatever is held is used to its end and beyond it, for the clock that judges may be wrong: the service decides.
 */

/** How far renewing has come. */
export interface Renewing {
  /** When the present ones were found, milliseconds since the epoch. */
  readonly foundAt: number;
  /** When they end; absent: never, or nobody knows. */
  readonly until?: number | undefined;
  /** Attempts since that brought nothing newer. */
  readonly vain: number;
  /** When the last attempt ended, or they were looked at; `foundAt` where there was none. */
  readonly triedAt: number;
  /** A look costs nothing, so it is made so often, milliseconds: somebody else may have put newer ones there. */
  readonly lookEvery?: number | undefined;
  /** 0 to 1, drawn anew whenever some are found. */
  readonly jitter: number;
}

/** `use` them as they are; `renew` them, and use them meanwhile; `wait` until they are renewed. */
export type Renewal = "use" | "renew" | "wait";

const MINUTE = 60_000;
/** So long before their end they are renewed, at most: what is signed is under way for minutes at most. */
const MARGIN = 5 * MINUTE;
/** Of short-lived ones this part of their life. */
const PART = 0.2;
/** Signed by what ends within this time a request may come too late. */
const LEAST_LEFT = 10_000;
/** Between attempts that brought nothing newer. */
const FIRST_GAP = 1_000;
const LONGEST_GAP = MINUTE;

export function renewalOf(renewing: Renewing, now: number): Renewal {
  if (now < dueAt(renewing, now)) return "use";
  const { until } = renewing;
  return until !== undefined && now >= until - LEAST_LEFT ? "wait" : "renew";
}

/** The earliest time at which an attempt is due. */
function dueAt({ foundAt, until, vain, triedAt, lookEvery, jitter }: Renewing, now: number): number {
  // A clock that was set back says nothing about when it was tried.
  const since = (gap: number) => (now < triedAt ? now : triedAt + gap);
  if (lookEvery !== undefined) return since(lookEvery);
  if (until === undefined) return Number.POSITIVE_INFINITY;
  const ending = until - margin(until - foundAt) * (1 + jitter / 2);
  if (vain === 0) return ending;
  const gap = Math.min(LONGEST_GAP, FIRST_GAP * 2 ** Math.min(vain - 1, 10)) * (1 + jitter / 2);
  return Math.max(ending, since(gap));
}

const margin = (life: number): number => Math.min(MARGIN, Math.max(0, life) * PART);

/** The service refused what one request after the other was signed with. Is it worth asking where they are from once more? */
export function mayRenewRefused(lastAt: number | undefined, now: number): boolean {
  return lastAt === undefined || Math.abs(now - lastAt) >= REFUSED_GAP;
}

/** Hundreds of requests are under way when keys end, and their refusals come one after the other. */
const REFUSED_GAP = 5_000;

/** The end is told when less than this is left; each once. */
const told = [60 * MINUTE, 15 * MINUTE, 5 * MINUTE, 0];

/** How much of that is due: 0 nothing yet, and one more for each time that has come. */
export function endingStage(left: number): number {
  return told.filter((least) => left <= least).length;
}

/** `1 h 5 min`, `4 min`, `30 s`: for people, rounded down. */
export function timeLeft(ms: number): string {
  const minutes = Math.floor(ms / MINUTE);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1_000))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return rest === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${rest} min`;
}
