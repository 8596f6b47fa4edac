/**
 * How far a worker is, a line a minute, for logs: while something happens, or the queue can't be asked whether anything should. Where nothing does, that is
 * said once, and once an hour from then on. Pure but for the clock.
 */
import type { WorkedRows } from "../../../run/work/work-queue.ts";
import type { Clock } from "../../../vocabulary/clock.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export type Said = "progress" | "nothing" | "unasked";

/** What is to be called often; it tells what there is to say, where there is. */
export function minuteLine(clock: Pick<Clock, "elapsed">): (worked: WorkedRows) => Said | undefined {
  let next = clock.elapsed() + MINUTE_MS;
  let before = JSON.stringify([0, 0, 0, 0]);
  let quietSince: number | undefined;
  return (worked) => {
    const now = clock.elapsed();
    if (now < next) return undefined;
    while (next <= now) next += MINUTE_MS;
    const { messages, archived, skipped, failed, underWay = 0 } = worked;
    const after = JSON.stringify([messages, archived, skipped, failed]);
    if (after !== before || underWay > 0) {
      before = after;
      quietSince = undefined;
      return "progress";
    }
    if (worked.unasked) {
      quietSince = undefined;
      return "unasked";
    }
    if (quietSince !== undefined && now - quietSince < HOUR_MS) return undefined;
    quietSince = now;
    return "nothing";
  };
}
