/** One sentence on the proxies that this process speaks to. */
import type { Settings } from "../../config/read.ts";
import { type Environment, proxiesOf, proxiesText } from "../../http/proxies.ts";
import { isLoopback } from "../../vocabulary/loopback.ts";

/**
 * Undefined where the environment names none, or where all that is dialled is on this machine.
 * @throws UserError `InvalidProxy`
 */
export function proxyNote({ values }: Pick<Settings, "values">, environment: Environment): string | undefined {
  const { endpoint, sourceEndpoint = endpoint, archiveEndpoint = endpoint, queue, deadLetterQueue } = values;
  const queues = [queue, deadLetterQueue].map((named) =>
    named === undefined ? "" : named.slice(named.indexOf(":") + 1),
  );
  const local =
    [sourceEndpoint, archiveEndpoint].every(isLocal) && queues.every((url) => !/^https?:/i.test(url) || isLocal(url));
  const proxies = local ? undefined : proxiesOf(environment);
  return proxies === undefined ? undefined : proxiesText(proxies);
}

/** The service's own endpoints are elsewhere. */
const isLocal = (url: string | undefined): boolean =>
  url !== undefined && URL.canParse(url) && isLoopback(new URL(url).hostname);
