/**
 * No row has ended for a while, whatever it is that is waited for: replies that don't come, a large original, an attempt that is alive
 * elsewhere. What waits says why; this says that something does, before a minute is over, and each minute.
 */
import type { HoldUp } from "../../archive/shard/pace/hold-up.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

const LOOK_MS = 5_000;
const STALLED_MS = 45_000;

/** No row ends, and all goes well: what is asked for is waited for later. */
export const whyHeld = (held: HoldUp | undefined): string | undefined =>
  held?.why === "restores" ? "restores are asked for, as fast as the service takes them" : undefined;

/** Resolves once `over` aborts. */
export async function watchStall(options: {
  readonly surroundings: Pick<Surroundings, "clock" | "log">;
  /** Rows that have ended so far. */
  readonly ended: () => number;
  /** Rows at work, and those that wait for their turn. */
  readonly underWay: () => number;
  /** What is waited for, where that is known. */
  readonly why?: (() => string | undefined) | undefined;
  readonly run?: string | undefined;
  readonly over: AbortSignal;
}): Promise<void> {
  const { ended, underWay, why, run, over } = options;
  const { clock, log } = options.surroundings;
  let last = ended();
  let since = clock.elapsed();
  while (!over.aborted) {
    await clock.sleep(LOOK_MS, over);
    if (over.aborted) return;
    const now = ended();
    const waiting = underWay();
    if (now !== last || waiting === 0) {
      last = now;
      since = clock.elapsed();
      continue;
    }
    const stalledMs = clock.elapsed() - since;
    if (stalledMs < STALLED_MS) continue;
    const seconds = Math.round(stalledMs / 1_000);
    log.warn("No row has ended for a while.", { run, seconds, underWay: waiting, reason: why?.() });
  }
}
