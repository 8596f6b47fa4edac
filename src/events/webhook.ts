/**
 * A webhook that takes events by the HTTP binding of CloudEvents (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md):
 * archived objects in batches (`application/cloudevents-batch+json`), the end of a run alone (`application/cloudevents+json`); signed as
 * Standard Webhooks says.
 */
import { createHash } from "node:crypto";
import type { CreateHttp } from "../http/port/http.ts";
import type { Clock } from "../vocabulary/clock.ts";
import { ensureError } from "../vocabulary/errors.ts";
import { type CloudEvent, eventText } from "./cloud-event.ts";
import { createPoster } from "./post.ts";
import type { Sent, SinkTransport } from "./sink-transport.ts";
import type { WebhookSecret } from "./webhook-secret.ts";
import { readSecrets, signatureOf } from "./webhook-signature.ts";

export interface WebhookOptions {
  readonly createHttp: CreateHttp;
  readonly clock: Pick<Clock, "now">;
  /** Asked at each batch, for a process outlives them. */
  readonly secret: WebhookSecret;
}

const timeouts = { connectMs: 5_000, headersMs: 15_000, bodyIdleMs: 5_000 };
/** Some hundred kilobytes. */
const BATCH = 100;
const AT_ONCE = 4;
/** Statuses that say something of this batch, and nothing of the next. */
const ofBatch: ReadonlySet<number> = new Set([400, 413, 415, 422]);

export function createWebhook(url: string, { createHttp, clock, secret }: WebhookOptions): SinkTransport {
  const poster = createPoster(url, { createHttp, timeouts, connections: AT_ONCE });
  return {
    batchSize: BATCH,
    atOnce: AT_ONCE,
    async send(batch, signal) {
      let keys: readonly Buffer[];
      try {
        keys = readSecrets(await secret.get());
      } catch (thrown) {
        return { kind: "refused", whose: "sink", again: false, why: ensureError(thrown).message.replace(/\.$/, "") };
      }
      const [only, ...others] = batch;
      const isNotice = only?.type === "cos-originals.run.ended" && others.length === 0;
      const body = isNotice ? eventText(only) : `[${batch.map(eventText).join(",")}]`;
      const id = batchId(batch);
      const timestamp = Math.floor(clock.now() / 1_000);
      const posted = await poster.post({
        headers: [
          ["content-type", `application/cloudevents${isNotice ? "" : "-batch"}+json; charset=utf-8`],
          ["webhook-id", id],
          ["webhook-timestamp", String(timestamp)],
          ["webhook-signature", signatureOf(keys, { id, timestamp, body })],
        ],
        body: Buffer.from(body),
        signal,
      });
      if (posted.kind === "taken") return posted;
      const { status, why, retryAfterMs } = posted;
      if (status === 401 || status === 403) secret.refused();
      const again = status === undefined || status === 408 || status === 425 || status === 429 || status >= 500;
      const whose: Extract<Sent, { readonly kind: "refused" }>["whose"] =
        status !== undefined && ofBatch.has(status) ? "batch" : "sink";
      return { kind: "refused", whose, again, why, retryAfterMs };
    },
    close: () => poster.close(),
  };
}

/** The same of the same events, and without a dot, which separates what is signed. */
function batchId(batch: readonly CloudEvent[]): string {
  const digest = createHash("sha256");
  for (const { source, id } of batch) digest.update(JSON.stringify([source, id]));
  return `msg_${digest.digest("hex").slice(0, 32)}`;
}
