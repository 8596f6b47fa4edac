/**
 * A message that a platform received for this process, as Lambda does: its queue hides it for much longer than any work takes, since the
 * platform demands that, so a process that dies would leave it hidden for all that time. While it is held it is hidden for two minutes
 * only, again and again, so that a dead process's message is back within those.
 *
 * Whoever received it deletes it; here it is neither deleted nor given back. Nothing here rejects.
 */
import type { Clock } from "../vocabulary/clock.ts";
import { ensureError } from "../vocabulary/errors.ts";
import { isTransient } from "./api/error.ts";
import type { QueueClient } from "./client.ts";
import { ChangeMessageVisibilityCommand } from "./commands.ts";
import { isGone } from "./lease.ts";

export interface ShortHoldOptions {
  readonly client: QueueClient;
  readonly queueUrl: string;
  readonly receiptHandle: string;
  /** When the process must have given its answer, milliseconds by the clock's `elapsed`: it is killed soon after. */
  readonly deadline: number;
  readonly clock: Clock;
  /** The queue, or who calls it, can't do this: from now on the message is hidden as its queue says. Told once. */
  readonly onRefused: (reason: string) => void;
}

export interface ShortHold {
  /**
   * Resolves when no request about it is under way any more, so that none can overwrite another delay. It stays hidden for what is left of
   * the last hold.
   */
  end(): Promise<void>;
}

/** Seconds that a message is hidden for, each time … */
const HOLD_SECONDS = 120;
/** … and how often that is said anew, milliseconds: two that fail may be said once more. */
const EVERY_MS = 40_000;
/** After one that failed for a reason that may pass, milliseconds. */
const REPEAT_MS = 5_000;
/** Seconds that a process's answer may take to reach whoever deletes the message. */
const AFTER_SECONDS = 30;
/** Milliseconds given to each request: whoever ends the hold waits for one that is under way. */
const TIMEOUT_MS = 2_000;

/** Holds a message from now on. */
export function holdShort(options: ShortHoldOptions): ShortHold {
  const { client, queueUrl, receiptHandle, deadline, clock, onRefused } = options;
  const ended = new AbortController();
  /** Then it has to be said again, whatever goes wrong with that. */
  let shortened = false;

  /** How long to wait for the next; undefined for never. */
  async function hide(): Promise<number | undefined> {
    const left = Math.max(0, deadline - clock.elapsed());
    const VisibilityTimeout = Math.min(HOLD_SECONDS, Math.ceil(left / 1_000) + AFTER_SECONDS);
    try {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout }),
        { abortSignal: AbortSignal.timeout(TIMEOUT_MS) },
      );
      shortened = true;
      return left === 0 ? undefined : EVERY_MS;
    } catch (thrown) {
      if (ended.signal.aborted) return undefined;
      const error = ensureError(thrown);
      if (shortened ? !isGone(error) : isTransient(error) || error.name === "AbortError") return REPEAT_MS;
      onRefused(error.message);
      return undefined;
    }
  }

  const beating = (async () => {
    while (!ended.signal.aborted) {
      const pause = await hide();
      if (pause === undefined) return;
      await clock.sleep(pause, ended.signal);
    }
  })();

  return {
    async end() {
      ended.abort();
      await beating;
    },
  };
}
