/** The port to where events go: one batch, one answer. webhook.ts and queue.ts implement it. */
import type { CloudEvent } from "./cloud-event.ts";

/** How a batch ended. */
export type Sent =
  | { readonly kind: "taken" }
  /** `whose`: the batch itself is refused, others may be taken; or nothing is taken just now (`sink`), be it for a moment (`again`). */
  | {
      readonly kind: "refused";
      readonly whose: "batch" | "sink";
      readonly again: boolean;
      readonly why: string;
      readonly retryAfterMs?: number | undefined;
    };

export interface SinkTransport {
  /** Events of one batch, at most. */
  readonly batchSize: number;
  /** Batches under way at once. */
  readonly atOnce: number;
  /** Never rejects. Safe to do again with the same events: ids are the same. */
  send(batch: readonly CloudEvent[], signal?: AbortSignal): Promise<Sent>;
  close(): Promise<void>;
}
