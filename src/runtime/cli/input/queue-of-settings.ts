/** The queue that `--queue` names, for commands that hand work to others or take it from them. */

import type { Settings } from "../../../config/read.ts";
import { flagOf } from "../../../config/settings.ts";
import { isTransient, type QueueFromUrl, queueFromUrl, SQSServiceException } from "../../../queue/index.ts";
import { ensureError, RefusedError, UserError } from "../../../vocabulary/errors.ts";
import type { Log } from "../../../vocabulary/log.ts";
import { commandWorld } from "./command-world.ts";

/** Is there a queue that other processes reach? */
export function hasQueue({ values: { queue } }: Settings): boolean {
  return queue !== undefined && !queue.startsWith("memory:");
}

/** Errors: UserError `MissingSetting` where there is none, or one that lives in this process alone; `InvalidQueue`. */
export function openQueue(settings: Settings, log: Log): QueueFromUrl {
  const { queue } = settings.values;
  if (queue === undefined) {
    throw new UserError(
      "MissingSetting",
      `The queue is missing; say it with ${flagOf("queue")} sqs:URL or ${flagOf("queue")} tdmq:URL.`,
    );
  }
  if (queue.startsWith("memory:")) {
    throw new UserError(
      "MissingSetting",
      `${settings.said("queue")} lives in one process alone, so nobody else could take the work from it; say ${flagOf("queue")} sqs:URL or ${flagOf("queue")} tdmq:URL, or archive here with: cos-originals run`,
    );
  }
  return queueFromUrl(queue, worldOf(settings, log));
}

/** The queue of `--dead-letter-queue`; undefined where none is set. Errors: UserError `InvalidQueue`. */
export function openDeadLetterQueue(settings: Settings, log: Log): QueueFromUrl | undefined {
  const { deadLetterQueue } = settings.values;
  if (deadLetterQueue === undefined) return undefined;
  return queueFromUrl(deadLetterQueue, { ...worldOf(settings, log), setting: flagOf("deadLetterQueue") });
}

/** Who signs for the buckets signs for the queue too. */
function worldOf(settings: Settings, log: Log) {
  const { clock, random, environment: env, credentials } = commandWorld(settings, log);
  const signers = { aws: credentials.aws, tencent: credentials.source };
  return { clock, random, log, env, signers, allowHttp: settings.values.allowHttp };
}

/** Names of those errors that say who asks, not what is asked for. */
const refusals =
  /^(AccessDenied|InvalidSecurity|InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient|MissingAuthenticationToken|ExpiredToken|InvalidAccessKeyId|AuthFailure)/;

/** Does this with the queue; what the queue refuses is told in a sentence that names it. */
export async function withQueue<T>(settings: Settings, queue: QueueFromUrl, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = ensureError(thrown);
    const named = settings.said("queue");
    if (
      error.name === "CredentialsProviderError" ||
      (error instanceof SQSServiceException && refusals.test(error.name))
    ) {
      throw new RefusedError(error.name, `The credentials were refused for ${named}: ${error.message}`, {
        cause: error,
      });
    }
    if (error.name === "QueueDoesNotExist") {
      throw new UserError("NoSuchQueue", `There is no queue ${named}; check its URL, its account and its region.`, {
        cause: error,
      });
    }
    if (isTransient(error)) {
      throw new UserError("QueueUnreachable", `${named} can't be reached: ${error.message}`, { cause: error });
    }
    if (error instanceof SQSServiceException) {
      throw new UserError("QueueRefused", `${named} refuses the request (${error.name}): ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    queue.client.destroy();
  }
}
