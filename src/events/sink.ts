/**
 * Where events go: batches side by side, each tried a few times; and where nothing is taken any more, nobody tries for a
 * while, so that an outage costs the rows nothing but what stays in the ledger.
 */
import pLimit from "p-limit";
import { type Backoff, backoffMs } from "../policy/retry.ts";
import type { Clock, Random } from "../vocabulary/clock.ts";
import type { Log } from "../vocabulary/log.ts";
import type { CloudEvent } from "./cloud-event.ts";
import type { Sent, SinkTransport } from "./sink-transport.ts";

export interface Sink {
  /** As people are told of it. */
  readonly name: string;
  /** Never rejects. */
  deliver(events: readonly CloudEvent[], options?: DeliverOptions): Promise<Delivered>;
  close(): Promise<void>;
}

export interface DeliverOptions {
  /** Aborts where there is no more time for it. */
  readonly signal?: AbortSignal | undefined;
  /** Try though nothing was taken a moment ago. */
  readonly insist?: boolean | undefined;
}

/** `taken`: so many, from the first on, need not be sent again. */
export type Delivered =
  | { readonly kind: "delivered" }
  | { readonly kind: "undelivered"; readonly taken: number; readonly why: string }
  | { readonly kind: "stopped"; readonly taken: number };

/** How a role's target is opened: `--events` or `--notify`, where a message may name it. */
export type OpenSink = (role: "events" | "notify", target: string) => Sink;

const TRIES = 4;
const BACKOFF: Backoff = { baseMs: 500, capMs: 4_000 };
/** A Retry-After that is longer is for later. */
const LONGEST_WAIT_MS = 10_000;
/** Nobody tries for so long after nothing was taken. */
const QUIET_MS = 30_000;

export interface SinkWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function createSink(name: string, transport: SinkTransport, { clock, random, log }: SinkWorld): Sink {
  let quiet: { readonly until: number; readonly why: string } | undefined;

  async function sendBatch(batch: readonly CloudEvent[], signal: AbortSignal | undefined): Promise<Sent> {
    for (let tries = 1; ; tries++) {
      const sent = await transport.send(batch, signal);
      if (sent.kind === "taken" || !sent.again || tries === TRIES || signal?.aborted) return sent;
      const wait = sent.retryAfterMs ?? 0;
      if (wait > LONGEST_WAIT_MS) return sent;
      await clock.sleep(backoffMs(tries - 1, BACKOFF, random, wait), signal);
      if (signal?.aborted) return sent;
    }
  }

  return {
    name,
    async deliver(events, { signal, insist = false } = {}) {
      if (events.length === 0) return { kind: "delivered" };
      if (quiet !== undefined && !insist && clock.elapsed() < quiet.until) {
        return { kind: "undelivered", taken: 0, why: quiet.why };
      }
      const batches = batchesOf(events, transport.batchSize);
      const taken = new Set<number>();
      const refusals: Extract<Sent, { readonly kind: "refused" }>[] = [];
      await pLimit(transport.atOnce).map(batches, async (batch, at) => {
        // After one that is refused as nothing is taken, the others are not tried.
        if (refusals.some(({ whose }) => whose === "sink") || signal?.aborted) return;
        const sent = await sendBatch(batch, signal);
        if (sent.kind === "taken") taken.add(at);
        else refusals.push(sent);
      });
      if (taken.size === batches.length) {
        quiet = undefined;
        return { kind: "delivered" };
      }
      let first = 0;
      while (taken.has(first)) first++;
      const before = Math.min(first * transport.batchSize, events.length);
      if (signal?.aborted) return { kind: "stopped", taken: before };
      const { why = "", whose } = refusals.find((each) => each.whose === "sink") ?? refusals[0] ?? {};
      if (whose === "sink") quiet = { until: clock.elapsed() + QUIET_MS, why };
      log.warn("Events could not be delivered.", { to: name, events: events.length, reason: why });
      return { kind: "undelivered", taken: before, why };
    },
    close: () => transport.close(),
  };
}

/** One that takes nothing, and why. */
export const closedSink = (name: string, why: string): Sink => ({
  name,
  deliver: async () => ({ kind: "undelivered", taken: 0, why }),
  close: async () => undefined,
});

function batchesOf<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
