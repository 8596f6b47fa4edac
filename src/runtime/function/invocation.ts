/**
 * One invocation of a function, as its log tells of it: each line that is of it alone has the platform's request id, and the last says what it did,
 * "nothing" too. A process may have several at once.
 */
import type { Invocation } from "../../run/messages/delivery.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import { type Log, withFields } from "../../vocabulary/log.ts";
import type { Measured } from "../../vocabulary/metrics/measured.ts";

/** What was done in one invocation; 0 where nothing was. */
export interface InvocationCounts {
  archived: number;
  skipped: number;
  failed: number;
  bytes: number;
  retries: number;
  throttled: number;
  shards: number;
  handedOver: number;
  takenOver: number;
  acknowledged: number;
  givenBack: number;
  rejected: number;
  runsCompleted: number;
  runsStopped: number;
}

export interface RunningInvocation extends Invocation {
  readonly log: Log;
  /** What invoked it, as far as it is known by now. */
  asked(by: string): void;
  /** Called once it is over, however it ended. */
  whenOver(act: (() => void) | undefined): void;
}

interface Told {
  readonly requestId?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Is told what was done once it is over, however it ended. */
  readonly onEnd?: ((counts: Readonly<InvocationCounts>) => void) | undefined;
}

/** @param fieldsOf what the answer itself says of what was done */
export async function withinInvocation<Answer>(
  { requestId, clock, log: ofProcess, onEnd }: Told,
  work: (invocation: RunningInvocation) => Promise<Answer>,
  fieldsOf: (answer: Answer) => Readonly<Record<string, unknown>> = () => ({}),
): Promise<Answer> {
  const begunAt = clock.elapsed();
  const counts = noCounts();
  const log = requestId === undefined ? ofProcess : withFields(ofProcess, { requestId });
  let event = "unknown";
  const asked = (by: string) => {
    event = by;
  };
  const acts: (() => void)[] = [];
  const whenOver = (act: (() => void) | undefined) => {
    if (act !== undefined) acts.push(act);
  };
  const told = () => ({ event, ...nonZero(counts), seconds: Math.round((clock.elapsed() - begunAt) / 100) / 10 });
  try {
    const answer = await work({ requestId, log, asked, whenOver, meter: (measured) => count(counts, measured) });
    const done = { ...nonZero(counts), ...fieldsOf(answer) };
    log.info("An invocation ended.", { ...(Object.keys(done).length === 0 ? { did: "nothing" } : done), ...told() });
    return answer;
  } catch (thrown) {
    log.error("An invocation failed.", { ...told(), reason: ensureError(thrown).message });
    throw thrown;
  } finally {
    for (const act of acts) act();
    onEnd?.(counts);
  }
}

const noCounts = (): InvocationCounts => ({
  archived: 0,
  skipped: 0,
  failed: 0,
  bytes: 0,
  retries: 0,
  throttled: 0,
  shards: 0,
  handedOver: 0,
  takenOver: 0,
  acknowledged: 0,
  givenBack: 0,
  rejected: 0,
  runsCompleted: 0,
  runsStopped: 0,
});

/** What there is of it. */
export const nonZero = <Name extends string>(
  counts: Readonly<Record<Name, number>>,
): Readonly<Record<string, number>> => Object.fromEntries(Object.entries<number>(counts).filter(([, n]) => n > 0));

const ofMessage = {
  acknowledged: "acknowledged",
  given_back: "givenBack",
  rejected: "rejected",
  refused: "rejected",
} as const;

function count(to: InvocationCounts, measured: Measured): void {
  switch (measured.kind) {
    case "row":
      to[measured.outcome]++;
      to.bytes += measured.bytes;
      return;
    case "requests":
      to.retries += measured.retries;
      to.throttled += measured.throttled;
      return;
    case "shard-begun":
      to.shards++;
      if (measured.takenOver) to.takenOver++;
      return;
    case "shard-ended":
      if (measured.end === "handed_over") to.handedOver++;
      return;
    case "message":
      to[ofMessage[measured.end]]++;
      return;
    case "received":
      return;
    case "run-ended":
      if (measured.state === "complete") to.runsCompleted++;
      else to.runsStopped++;
  }
}
