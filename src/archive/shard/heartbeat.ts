/** Shows that an attempt is alive, and looks for others that it must yield to, until the delivery is over. */
import { attemptToYieldTo } from "../../ledger/shard/attempts.ts";
import { listShard } from "../../ledger/shard/listed-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import { heartbeatMs } from "./control-watch.ts";

/** Resolves at the end of the beat that is under way when `over` aborts. Never rejects. */
export async function keepBeating(options: {
  readonly ledger: LedgerStore;
  readonly run: string;
  readonly shard: number;
  readonly attempt: string;
  /** Attempts that are known to be gone, however fresh their last sign. */
  readonly gone: ReadonlySet<string>;
  readonly clock: Clock;
  /** When the newest sign of life was sent, ms by the clock's `elapsed`. */
  readonly signedAt: number;
  readonly log: Log;
  /** Writes the sign of life. */
  readonly beat: () => Promise<void>;
  /** Another attempt goes on with the shard. */
  readonly onOther: () => void;
  readonly over: AbortSignal;
}): Promise<void> {
  const { ledger, run, shard, attempt, gone, clock, log, beat, onOther, over } = options;
  const lookForOthers = async (): Promise<void> => {
    const { attempts, serverTime } = await listShard(ledger, shard);
    const present = attempts.filter((other) => !gone.has(other.id));
    if (attemptToYieldTo(present, attempt, serverTime) !== undefined) onOther();
  };
  for (let pause = options.signedAt + heartbeatMs - clock.elapsed(); ; pause = heartbeatMs) {
    await clock.sleep(Math.max(0, pause), over);
    if (over.aborted) return;
    for (const done of await Promise.allSettled([beat(), lookForOthers()])) {
      // A segment that can't be written ends the delivery by itself; a look that failed is repeated at the next beat.
      if (done.status === "fulfilled") continue;
      log.warn("heartbeat failed", { run, shard, attempt, error: ensureError(done.reason).message });
    }
  }
}
