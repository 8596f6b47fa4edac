/** Sizes, ages and times as people write them. Pure. */

const powers: Readonly<Record<string, number>> = { "": 0, k: 1, m: 2, g: 3, t: 4 };

/** `10M` is 10 × 1024² bytes; a number alone is bytes. Undefined for what is no size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)(?:([kmgt])i?b?|b)?$/i.exec(text);
  if (match === null) return undefined;
  const bytes = Math.round(Number(match[1]) * 1024 ** (powers[(match[2] ?? "").toLowerCase()] ?? 0));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** `36h`, `2d`: milliseconds. Undefined for what is no age. */
export function parseAge(text: string): number | undefined {
  const match = /^(\d{1,6}(?:\.\d{1,3})?)([smhdw])$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (secondsOf[match[2] as string] ?? 0) * 1_000;
}

const day = /^\d{4}-\d{2}-\d{2}$/;
const moment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** From when on: an age before `now`, a day (its begin in UTC), or a moment with its zone. ms since the epoch; undefined for what is none. */
export function parseSince(text: string, now: number): number | undefined {
  const age = parseAge(text);
  if (age !== undefined) return now - age;
  if (!day.test(text) && !moment.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
