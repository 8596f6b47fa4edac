/**
 * The sign of life of an attempt that opens a shard, until its heartbeats show it. An opening that takes long (replies that take
 * seconds, a wait for another attempt, many segments to read) writes its open marker anew, or another would take it for dead and
 * begin beside it.
 */
import { lifeMs } from "../../ledger/shard/attempts.ts";
import { ageOf, type Clock, momentOf } from "../../vocabulary/clock.ts";
import { heartbeatMs } from "./control-watch.ts";

export interface OpeningSign {
  /** Resolves once the first is written; rejects where it could not be. */
  readonly written: Promise<void>;
  /** When the newest that was written was sent, ms by the clock's `elapsed`. */
  sentAt(): number;
  /** Is it fresh enough for a heartbeat to follow it in time? */
  isFresh(): boolean;
}

export function signOpening(options: {
  readonly clock: Clock;
  /** Writes the open marker. */
  readonly sign: () => Promise<void>;
  /** The opening has ended. */
  readonly over: AbortSignal;
}): OpeningSign {
  const { clock, sign, over } = options;
  let sent = momentOf(clock);
  const written = sign();
  const again = async (): Promise<void> => {
    await written;
    for (;;) {
      await clock.sleep(Math.max(0, sent.elapsed + heartbeatMs - clock.elapsed()), over);
      if (over.aborted) return;
      const now = momentOf(clock);
      await sign();
      sent = now;
    }
  };
  // Whoever opens awaits the first. One that could not be written anew leaves the sign to grow old, and the attempt to yield.
  again().catch(() => undefined);
  return {
    written,
    sentAt: () => sent.elapsed,
    isFresh: () => ageOf(sent, clock) <= lifeMs - heartbeatMs,
  };
}
