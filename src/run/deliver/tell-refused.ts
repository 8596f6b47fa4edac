/** A message asks for a run, and it is refused or has ended before: whoever waits for its end is told so. */
import { createHash } from "node:crypto";
import { askedAgainEvent, refusedEvent } from "../../events/ended-event.ts";
import { isAllowedTarget } from "../../policy/event-target.ts";
import type { Summary } from "../../report/summary.ts";
import { RefusedError, UserError } from "../../vocabulary/errors.ts";
import { isNewerThanTool } from "../../vocabulary/newer.ts";
import type { Delivery } from "../messages/delivery.ts";
import type { ManifestMessage } from "../messages/messages.ts";
import { defaultLedger } from "../surroundings/open-ledger.ts";
import type { ShardWorker } from "./work-shard.ts";

/** What may pass is none: the message comes again. Nor is one told twice by the queue's giving it again. */
export async function tellRefused(
  message: ManifestMessage,
  delivery: Delivery,
  error: Error,
  worker: ShardWorker,
): Promise<void> {
  if (!(error instanceof UserError || error instanceof RefusedError) || isNewerThanTool(error)) return;
  if ((delivery.receives ?? 1) > 1) return;
  const sink = sinkOf(message, worker);
  const at = new Date(worker.surroundings.clock.now()).toISOString();
  const { code, message: why } = error;
  const refused = { run: message.run, code, message: why, at, asked: nameOf(delivery) };
  await sink?.deliver([refusedEvent(message.ledger ?? defaultLedger(message.archive), refused)]);
}

/** The message begins nothing: its run had ended before. */
export async function tellAskedAgain(
  message: ManifestMessage,
  delivery: Delivery,
  summary: Summary,
  worker: ShardWorker,
): Promise<void> {
  const ledger = message.ledger ?? defaultLedger(message.archive);
  await sinkOf(message, worker)?.deliver([askedAgainEvent(ledger, summary, nameOf(delivery))]);
}

/** Who the message says is to be told, where it may; else who the worker's own settings say. */
function sinkOf({ options }: ManifestMessage, { allowTargets, openSink, surroundings }: ShardWorker) {
  const said = options?.notify;
  const isSaid = said !== undefined && (allowTargets === undefined || isAllowedTarget(allowTargets, "notify", said));
  const target = isSaid ? said : surroundings.settings.notify;
  return target === undefined ? undefined : openSink("notify", target);
}

const nameOf = ({ messageId, body }: Delivery): string =>
  messageId ?? createHash("sha256").update(body).digest("hex").slice(0, 16);
