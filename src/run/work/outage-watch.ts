/** The ledger does not answer: a run in one process waits for it, with a word, longer each time, and not for ever. */
import { BucketError, isBucketError } from "../../objects/error.ts";
import { hasLastedTooLong, longestOutageMs, metAt, noOutage, outagePauseMs } from "../../policy/outage.ts";
import { tellWait } from "../../vocabulary/waits.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export interface OutageWatch {
  /** Milliseconds until what failed so is tried again, which is told. Undefined where it will not pass, or has lasted too long. */
  pauseAfter(error: Error): number | undefined;
  /** It answered. */
  over(): void;
}

export function createOutageWatch({ clock, log }: Pick<Surroundings, "clock" | "log">, run: string): OutageWatch {
  let outage = noOutage;
  return {
    pauseAfter(error) {
      if (!isBucketError(error) || !error.retryable) return undefined;
      const now = clock.elapsed();
      outage = metAt(outage, now);
      if (hasLastedTooLong(outage, now)) return undefined;
      const pauseMs = outagePauseMs(outage, now);
      tellWait(log, "The run waits for its ledger.", pauseMs, { run, reason: error.message });
      return pauseMs;
    },
    over() {
      outage = noOutage;
    },
  };
}

/** What ends a run after it was waited for, in a sentence that says so. Any other error as it is. */
export function afterOutage(error: Error): Error {
  if (!isBucketError(error) || !error.retryable) return error;
  const failed = error.message.replace(/\.$/, "");
  const minutes = longestOutageMs / 60_000;
  return new BucketError(
    `${failed}; it was tried again for ${minutes} minutes. Once the ledger answers, the same command continues the run`,
    error,
    { cause: error },
  );
}
