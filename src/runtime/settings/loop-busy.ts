/** How busy this process's event loop is: all work is done in it. */
import type { EventLoopUtilization } from "node:perf_hooks";

/** Returns what says the share of the time since it was called last, 0 to 1. */
export function loopBusySince(): () => number {
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
