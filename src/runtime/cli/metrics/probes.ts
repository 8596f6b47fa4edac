/**
 * Is this process alive, and can it work? Alive: it answers, and asks its queue. Ready: credentials, queue and ledger are there. Each is looked at
 * when somebody asks, once in some seconds at most, and waits for nobody for longer than some.
 */
import type { Clock } from "../../../vocabulary/clock.ts";
import { ensureError } from "../../../vocabulary/errors.ts";
import type { ReadyCheck } from "../../../vocabulary/metrics/measured.ts";

/** One thing that must be there. */
export interface Check {
  readonly name: ReadyCheck;
  /** Rejects with why it is not. */
  readonly look: (signal: AbortSignal) => Promise<unknown>;
}

export interface Failing {
  readonly check: string;
  /** One sentence. */
  readonly reason: string;
}

export interface Probes {
  alive(): { readonly ok: boolean; readonly document: Readonly<Record<string, unknown>> };
  ready(): Promise<{ readonly ok: boolean; readonly failing: readonly Failing[] }>;
  /** What the last looks that are over found: was it there? */
  looked(): ReadonlyMap<ReadyCheck, boolean>;
  /** From now on it is not ready: the process is to end. */
  stopping(): void;
  /** The queue answered. */
  received(): void;
}

/** What was looked at is not looked at again for so long. */
const KEPT_MS = 5_000;
/** A look that takes longer has failed. */
const LOOK_MS = 5_000;
/** With nothing under way, the queue is asked all the time: a receive waits for 20 s, and a failed one is repeated after 5. */
const SILENT_MS = 300_000;

export function createProbes(options: {
  readonly checks: readonly Check[];
  readonly clock: Clock;
  readonly version: string;
  /** Rows under way: who is busy need not ask its queue. */
  readonly underWay: () => number;
}): Probes {
  const { checks, clock, version, underWay } = options;
  const begunAt = clock.elapsed();
  let receivedAt: number | undefined;
  let isStopping = false;
  const known = new Map<string, { readonly at: number; readonly reason: Promise<string | undefined> }>();
  const found = new Map<ReadyCheck, boolean>();

  const reasonOf = ({ name, look }: Check): Promise<string | undefined> => {
    const before = known.get(name);
    if (before !== undefined && clock.elapsed() - before.at < KEPT_MS) return before.reason;
    const over = new AbortController();
    const late = clock.sleep(LOOK_MS, over.signal).then(() => {
      if (over.signal.aborted) return;
      throw new Error(`no answer within ${LOOK_MS / 1_000} s`);
    });
    const looked = Promise.race([look(over.signal), late]).then(
      () => undefined,
      (thrown: unknown) => ensureError(thrown).message.replace(/\.$/, ""),
    );
    const reason = looked.finally(() => over.abort());
    void reason.then((why) => found.set(name, why === undefined));
    late.catch(() => undefined);
    known.set(name, { at: clock.elapsed(), reason });
    return reason;
  };

  return {
    alive() {
      const now = clock.elapsed();
      const silentMs = now - (receivedAt ?? begunAt);
      const ok = underWay() > 0 || silentMs < SILENT_MS;
      const seconds = (ms: number) => Math.round(ms / 100) / 10;
      const reason = `The queue was not asked for ${Math.round(silentMs / 1_000)} s, and nothing is under way.`;
      const document = {
        status: ok ? "alive" : "stuck",
        ...(ok ? {} : { reason }),
        version,
        upSeconds: seconds(now - begunAt),
        lastReceiveSecondsAgo: receivedAt === undefined ? null : seconds(now - receivedAt),
        underWay: underWay(),
      };
      return { ok, document };
    },
    async ready() {
      if (isStopping) return { ok: false, failing: [{ check: "process", reason: "The process was asked to stop." }] };
      const looked = await Promise.all(checks.map(async (check) => ({ check, reason: await reasonOf(check) })));
      const failing = looked.flatMap(({ check: { name }, reason }) =>
        reason === undefined ? [] : [{ check: name, reason: `${sentences[name]}: ${reason}.` }],
      );
      return { ok: failing.length === 0, failing };
    },
    looked: () => found,
    stopping() {
      isStopping = true;
    },
    received() {
      receivedAt = clock.elapsed();
    },
  };
}

const sentences: Readonly<Record<Check["name"], string>> = {
  credentials: "Requests can't be signed",
  queue: "The queue can't be asked",
  ledger: "The ledger can't be listed",
};
