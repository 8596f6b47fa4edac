/** From the text of a target to a sink: what `--events` and `--notify` name. */
import { awsEnvironmentCredentials } from "../credentials/aws-environment.ts";
import type { CreateHttp } from "../http/port/http.ts";
import { readTarget, targetName } from "../policy/event-target.ts";
import { type QueueSigners, queueFromUrl } from "../queue/index.ts";
import { UserError } from "../vocabulary/errors.ts";
import { isLoopback } from "../vocabulary/loopback.ts";
import { createQueueSink } from "./queue.ts";
import { createSink, type Sink, type SinkWorld } from "./sink.ts";
import { createWebhook } from "./webhook.ts";
import { webhookSecret } from "./webhook-secret.ts";
import { readSecrets } from "./webhook-signature.ts";

export interface OpenSinkOptions extends SinkWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Who signs what goes to a queue; absent: the credentials of `environment`. */
  readonly signers?: QueueSigners | undefined;
  readonly createHttp: CreateHttp;
  /** Hosts of `--allow-http`. */
  readonly allowHttp?: readonly string[] | undefined;
  /** What names it, for messages: `--events`. */
  readonly setting: string;
}

/** Errors: UserError `InvalidSetting`, `PlainHttp`, `InvalidQueue`. Asks nobody. */
export function openSink(text: string, options: OpenSinkOptions): Sink {
  const { environment, signers, createHttp, allowHttp = [], clock, random, log, setting } = options;
  const target = readTarget(text);
  if ("fault" in target) throw new UserError("InvalidSetting", `${setting} ${target.fault}.`);
  const name = targetName(text);
  if (target.kind !== "webhook") {
    const queue = queueFromUrl(text, { clock, random, log, env: environment, signers, allowHttp, setting });
    return createSink(name, createQueueSink(queue.client, queue.queueUrl), options);
  }
  const { url } = target;
  if (
    url.protocol === "http:" &&
    !isLoopback(url.hostname) &&
    ![url.hostname, url.host].some((host) => allowHttp.includes(host))
  ) {
    throw new UserError(
      "PlainHttp",
      `${setting} names ${url.origin}, which would be called over plain http, where anybody on the way reads what is sent: use https, or allow this host with --allow-http ${url.hostname}.`,
    );
  }
  return createSink(name, createWebhook(text, { createHttp, clock, secret: secretOf(options) }), options);
}

const secretOf = ({ environment, signers, createHttp, clock }: OpenSinkOptions) =>
  webhookSecret({
    environment,
    credentials: signers?.aws ?? awsEnvironmentCredentials(environment),
    createHttp,
    clock,
  });

/**
 * Before work begins: could anything be sent there at all? Errors: as openSink, and UserError `MissingSetting` where a webhook's secret is missing,
 * `SecretUnreadable` or `SecretUnreachable` where AWS keeps it.
 */
export async function checkSink(text: string, options: OpenSinkOptions): Promise<void> {
  await openSink(text, options).close();
  const target = readTarget(text);
  if (!("fault" in target) && target.kind === "webhook") readSecrets(await secretOf(options).get());
}
