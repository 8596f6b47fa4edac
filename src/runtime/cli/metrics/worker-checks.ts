/** What a worker needs to be ready: credentials, the queue, and the ledger where its settings name one. */
import type { Settings } from "../../../config/read.ts";
import { GetQueueAttributesCommand, type QueueFromUrl } from "../../../queue/index.ts";
import { printAddress } from "../../../vocabulary/address.ts";
import { ensureError } from "../../../vocabulary/errors.ts";
import { ledgerPlace } from "../../settings/places.ts";
import type { OpenedSurroundings } from "../../settings/surroundings-from-settings.ts";
import type { Check } from "./probes.ts";

/** Messages of a queue, as it counts them. */
export interface QueueCounts {
  readonly visible: number;
  readonly in_flight: number;
  readonly delayed: number;
}

const attributes = {
  visible: "ApproximateNumberOfMessages",
  in_flight: "ApproximateNumberOfMessagesNotVisible",
  delayed: "ApproximateNumberOfMessagesDelayed",
} as const;

/** Names of refusals by which a queue may be worked all the same: it can't be asked what it holds, or this worker may not ask. */
const unasked = /^(UnsupportedOperation|AccessDenied)/;

/** @param receiving why the queue could not be asked for a message the last time; undefined where it could */
export function workerChecks(
  settings: Settings,
  surroundings: OpenedSurroundings,
  queue: QueueFromUrl,
  receiving: () => string | undefined,
): { readonly checks: readonly Check[]; readonly queueCounts: () => QueueCounts | undefined } {
  let counts: QueueCounts | undefined;
  const askQueue = async (abortSignal: AbortSignal) => {
    const command = new GetQueueAttributesCommand({
      QueueUrl: queue.queueUrl,
      AttributeNames: Object.values(attributes),
    });
    try {
      const { Attributes = {} } = await queue.client.send(command, { abortSignal });
      const of = (name: keyof typeof attributes) => Number(Attributes[attributes[name]] ?? 0);
      counts = { visible: of("visible"), in_flight: of("in_flight"), delayed: of("delayed") };
    } catch (thrown) {
      counts = undefined;
      const error = ensureError(thrown);
      const reason = unasked.test(error.name) ? receiving() : error.message;
      if (reason !== undefined) throw new Error(reason);
    }
  };
  const { values } = settings;
  const place = values.ledger === undefined && values.archive === undefined ? undefined : ledgerPlace(settings);
  const checks: Check[] = [
    { name: "credentials", look: async () => surroundings.checkCredentials() },
    { name: "queue", look: askQueue },
  ];
  if (place !== undefined) {
    const look = async (signal: AbortSignal) => {
      try {
        await surroundings.open("ledger", place).list({ prefix: place.prefix, maxKeys: 1, signal });
      } catch (thrown) {
        throw new Error(`${printAddress(place)}: ${ensureError(thrown).message}`);
      }
    };
    checks.push({ name: "ledger", look });
  }
  return { checks, queueCounts: () => counts };
}
