/**
 * What a run can't do without does not answer: how long until it is tried again, and when that has lasted too long. Pure; an outage
 * begins with the first failure after a success, and ends with the next success.
 */
export interface Outage {
  /** When it was first met, ms by the clock's `elapsed`; undefined while there is none. */
  readonly since: number | undefined;
}

export const noOutage: Outage = { since: undefined };

const SHORTEST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
/** Half of what it has lasted already. */
const SHARE = 0.5;
/** Who waits for longer than this is told, and may begin again. */
export const longestOutageMs = 5 * 60_000;

export const metAt = (outage: Outage, now: number): Outage => (outage.since === undefined ? { since: now } : outage);

/** Until the next try. */
export function outagePauseMs({ since = Number.POSITIVE_INFINITY }: Outage, now: number): number {
  return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, (now - since) * SHARE));
}

export const hasLastedTooLong = ({ since = Number.POSITIVE_INFINITY }: Outage, now: number): boolean =>
  now - since >= longestOutageMs;
