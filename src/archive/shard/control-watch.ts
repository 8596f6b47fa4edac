/**
 * Watches a run's control objects while a shard is worked, so that no fetch begins later than one heartbeat after a cancel
 * (I7): what was read of them grows old, and while it is too old nothing is fetched.
 */

import { type Control, readStanding, type Standing, saysStop } from "../../ledger/control.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { ageOf, type Clock, type Moment, momentOf } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";
import { tellWait } from "../../vocabulary/waits.ts";

/** A cancel has reached everybody within this. */
export const heartbeatMs = 10_000;
/** Half of it: a look that takes long, or fails once, holds nothing up. */
const LOOK_MS = heartbeatMs / 2;
const LOOK_AGAIN_MS = 500;

export interface ControlWatch {
  /** Undefined where what was read is fresh; else resolves once it is again, or once the watch ends. */
  fresh(): Promise<void> | undefined;
  /** Settles once the watch has ended. */
  readonly ended: Promise<void>;
}

export function watchControl(options: {
  readonly ledger: LedgerStore;
  readonly run: string;
  readonly clock: Clock;
  /** Is told of waits. */
  readonly log: Log;
  /** When the look at the shard's opening was begun. */
  readonly readAt: Moment;
  readonly onStop: (control: Control) => void;
  /** Each look. */
  readonly onLook: (standing: Standing) => void;
  /** Ends the watch. */
  readonly over: AbortSignal;
}): ControlWatch {
  const { ledger, run, clock, log, onStop, onLook, over } = options;
  let readAt = options.readAt;
  let next = signalled();

  async function watch(): Promise<void> {
    let pause = LOOK_MS;
    while (!over.aborted) {
      await clock.sleep(pause, over);
      if (over.aborted) break;
      const askedAt = momentOf(clock);
      try {
        const standing = await readStanding(ledger);
        const { control } = standing;
        readAt = askedAt;
        onLook(standing);
        if (saysStop(control)) onStop(control);
        next.wake();
        next = signalled();
        pause = LOOK_MS;
      } catch {
        // The ledger has tried for long. Until it answers nothing is fetched, and that is all there is to do about it.
        pause = LOOK_AGAIN_MS;
      }
    }
    next.wake();
  }

  return {
    fresh() {
      if (over.aborted || ageOf(readAt, clock) <= heartbeatMs) return undefined;
      tellWait(log, "Nothing is fetched until it is read again whether the run goes on.", Number.POSITIVE_INFINITY, {
        run,
      });
      return next.woken.then(() => this.fresh());
    },
    ended: watch(),
  };
}

function signalled(): { readonly woken: Promise<void>; readonly wake: () => void } {
  let wake: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  return { woken, wake };
}
