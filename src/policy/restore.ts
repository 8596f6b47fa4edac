/**
 * When an original that is being restored from an archive class is looked at again, and when it is given up. Pure.
 *
 * A restore takes minutes or two days, by class, tier and luck, and no document promises when it is over. So nobody reckons with a time: the
 * first look comes soon, each further one once as much time has passed again, and from an hour on each hour, or once a sixth more has
 * passed. Twelve hours are some twenty looks.
 */

const FIRST_MS = 5_000;
const HOUR_MS = 3_600_000;

/** What was not restored by then will not be: two days are the longest that a document tells (436/12633). */
export const givenUpAfterMs = 7 * 24 * HOUR_MS;

/** A copy may have ended before anybody fetched it, where a run was stopped for days: then it is restored anew, so often in all. */
export const mostRestores = 3;

/** Until the next look at what has been waited for for `waitedMs`, milliseconds. */
export function untilNextLook(waitedMs: number): number {
  return Math.max(FIRST_MS, Math.min(waitedMs, Math.max(HOUR_MS, waitedMs / 6)));
}

/** Of the rows of one kind that are due so many are looked at first: the others are most likely as they are. */
export const lookedAtFirst = 3;

/** Were so many of those restored that the others are worth a look? */
export const isWorthALook = (restored: number, looked: number): boolean => 2 * restored >= looked;

/** So many looks a restore takes that is over after `ms`. */
export function looksUntil(ms: number): number {
  let looks = 0;
  for (let waited = 0; waited < ms; waited += untilNextLook(waited)) looks++;
  return looks;
}
