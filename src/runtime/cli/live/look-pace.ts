/** How often a run is looked at that somebody watches. Pure. */

/** Between two looks at the least. */
export const leastMs = 5_000;
/** Of a run that is stopped: somebody may let it go on. */
export const stoppedMs = 30_000;
const mostMs = 600_000;
/** A look that takes long leaves the ledger alone for so many times as long. */
const rest = 4;
/** Requests a second over the whole time: at 0.01 CNY for 10,000 that is some 2 CNY a day. */
const requestsPerSecond = 20;

/** Milliseconds from the end of a look to the next. */
export function nextLookMs(
  look: { readonly tookMs: number; readonly requests: number },
  state: "running" | "stopped",
  failures = 0,
): number {
  const least = state === "running" ? leastMs : stoppedMs;
  const byCost = Math.max(least, rest * look.tookMs, (look.requests / requestsPerSecond) * 1_000);
  return Math.min(mostMs, byCost * 2 ** failures);
}
