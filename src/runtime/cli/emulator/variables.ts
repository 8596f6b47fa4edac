/** What other commands on this machine are told so that they use an emulator and its queue. */
import { reachedAt } from "../terminal/reached-at.ts";
import { type LocalQueue, localKeys, localRegion } from "./local-queue.ts";

/** Any would do: the emulator's buckets answer under every region. */
const region = "ap-guangzhou";

/** Variables by name. Source and archive are the first two buckets; keys of COS are those that this process was given, and not shown. */
export function variablesFor(
  url: string,
  buckets: readonly string[],
  { endpoint, queue, deadLetterQueue }: Pick<LocalQueue, "endpoint" | "queue" | "deadLetterQueue">,
): Readonly<Record<string, string>> {
  const [source, archive] = buckets;
  return {
    ORIGINALS_ENDPOINT: dialled(url),
    ORIGINALS_REGION: region,
    ...(source === undefined ? {} : { ORIGINALS_SOURCE: `cos://${source}` }),
    ...(archive === undefined ? {} : { ORIGINALS_ARCHIVE: `cos://${archive}/photos/` }),
    ORIGINALS_QUEUE: dialled(queue),
    ORIGINALS_DEAD_LETTER_QUEUE: dialled(deadLetterQueue),
    AWS_ENDPOINT_URL_SQS: dialled(endpoint),
    AWS_REGION: localRegion,
    AWS_ACCESS_KEY_ID: localKeys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localKeys.secretAccessKey,
  };
}

/** What listens everywhere is dialled on loopback: plain http is spoken nowhere else unasked. */
const dialled = (url: string) => reachedAt(url).here;

/** Lines for a shell: nothing in them needs a quote. */
export const exportLines = (variables: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(variables).map(([name, value]) => `export ${name}=${value}`);
