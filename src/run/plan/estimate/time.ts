/** How long the fetches of a run take, and what limits them. */

import { mostAtOnce, originalsPerSecond } from "../../../vocabulary/limits.ts";

/** Seconds that one original takes where nothing is known of it: an image of a few hundred KiB, in the bucket's own region. */
export const assumedSeconds = 0.25;

/** Originals at once in each process that bring what rate and service let through: what --concurrency auto may come to. */
export function expectedAtOnce(how: { readonly rate?: number | undefined; readonly maxInstances: number }): number {
  const perSecond = Math.min(how.rate ?? originalsPerSecond, originalsPerSecond) / how.maxInstances;
  return Math.min(mostAtOnce, Math.max(1, Math.ceil(perSecond * assumedSeconds)));
}

/** Seconds the fetches take, and what limits them. */
export function timeOf(
  fetches: number,
  how: { readonly concurrency: number; readonly rate?: number | undefined; readonly maxInstances: number },
): { readonly seconds: number; readonly limitedBy: "rate" | "concurrency" | "service" } {
  const limits = [
    { limitedBy: "concurrency", perSecond: (how.concurrency * how.maxInstances) / assumedSeconds },
    { limitedBy: "rate", perSecond: how.rate ?? Number.POSITIVE_INFINITY },
    { limitedBy: "service", perSecond: originalsPerSecond },
  ] as const;
  const least = limits.reduce((a, b) => (b.perSecond < a.perSecond ? b : a));
  return { seconds: fetches / least.perSecond, limitedBy: least.limitedBy };
}
