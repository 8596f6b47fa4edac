/**
 * A wait of more than a few seconds is told, with its reason, before it begins. How often the same reason is told is for the log to
 * decide, which makes one of many (fold-repeats.ts).
 */
import type { Log } from "./log.ts";

/** Milliseconds that nobody has to be told of. */
export const shortWaitMs = 3_000;

/**
 * @param why a sentence, the same one each time for the same reason
 * @param fields whose wait it is, and what was said
 */
export function tellWait(
  log: Log | undefined,
  why: string,
  ms: number,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  if (ms < shortWaitMs) return;
  log?.warn(why, { ...fields, ...(Number.isFinite(ms) ? { seconds: Math.ceil(ms / 1_000) } : undefined) });
}
