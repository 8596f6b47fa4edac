/** What a worker says of itself at its start, and each minute: fields of a log line. */
import type { Settings } from "../../../config/read.ts";
import type { QueueFromUrl } from "../../../queue/index.ts";
import type { Surroundings } from "../../../run/surroundings/surroundings.ts";
import type { WorkedRows } from "../../../run/work/work-queue.ts";
import { printAddress } from "../../../vocabulary/address.ts";
import { version } from "../../../vocabulary/version.ts";
import { allowListOf } from "../../settings/allow-list.ts";

type Fields = Readonly<Record<string, unknown>>;

export function workedOn({
  settings,
  surroundings,
  queue,
  listening,
}: {
  readonly settings: Settings;
  readonly surroundings: Pick<Surroundings, "settings">;
  readonly queue: Pick<QueueFromUrl, "queueUrl">;
  readonly listening?: string | undefined;
}): Fields {
  const { values } = settings;
  const { concurrency, rate, maxInstances } = surroundings.settings;
  const places = allowListOf(settings).map(({ role, ...place }) => `${role}=${printAddress(place)}`);
  return {
    version,
    queue: queue.queueUrl,
    deadLetterQueue: values.deadLetterQueue,
    places: places.length === 0 ? "any that a message names" : [...new Set(places)],
    concurrency: values.concurrency === "auto" ? `auto, up to ${concurrency}` : concurrency,
    fetchesPerSecond: rate,
    maxInstances,
    visibilitySeconds: values.visibility,
    listening,
  };
}

export const progressFields = ({
  messages,
  archived,
  skipped,
  failed,
  bytes,
  underWay,
  waiting,
}: WorkedRows): Fields => ({
  messages,
  archived,
  skipped,
  failed,
  bytes,
  underWay,
  waitingFor: waiting?.why,
});
