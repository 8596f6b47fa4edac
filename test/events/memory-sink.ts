/** Where events go in tests: kept in memory, and refused where the test says so. */
import type { CloudEvent } from "../../src/events/cloud-event.ts";
import type { Delivered, OpenSink } from "../../src/events/sink.ts";

export interface MemorySinks {
  readonly openSink: OpenSink;
  /** What was taken, in order, and where it went: `events https://…`. */
  readonly taken: (CloudEvent & { readonly to: string })[];
  /** How each delivery ends; absent: delivered. Those that are not count as asked all the same. */
  answer: ((events: readonly CloudEvent[], ask: number) => Delivered | undefined) | undefined;
  /** Deliveries that were asked for. */
  asks(): number;
}

export function memorySinks(): MemorySinks {
  const taken: (CloudEvent & { readonly to: string })[] = [];
  let asks = 0;
  const sinks: MemorySinks = {
    taken,
    answer: undefined,
    asks: () => asks,
    openSink: (role, target) => ({
      name: target,
      async deliver(events) {
        if (events.length === 0) return { kind: "delivered" };
        const end = sinks.answer?.(events, ++asks) ?? { kind: "delivered" };
        const count = end.kind === "delivered" ? events.length : end.taken;
        for (const event of events.slice(0, count)) taken.push({ ...event, to: `${role} ${target}` });
        return end;
      },
      close: async () => undefined,
    }),
  };
  return sinks;
}

export const away: Delivered = { kind: "undelivered", taken: 0, why: "it answered with status 503" };
