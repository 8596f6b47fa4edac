/**
 * The value of `--queue` (and of `--dead-letter-queue`) to a client and a queue URL:
 *
 *   memory:             the embedded queue named "originals"; memory:NAME another
 *   sqs:URL             the queue's URL as AWS (or an SQS-compatible service) shows it: sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/originals
 *   tdmq:URL            Tencent's TDMQ for CMQ: the endpoint the console shows, the queue's name as the path, the region as a
 *                       parameter: tdmq:https://cmq-gz.publicXXX.tencenttdmq.com/originals?region=ap-guangzhou
 *                       (TENCENTCLOUD_REGION where the parameter is absent)
 */
import type { CredentialsProvider } from "../credentials/credentials.ts";
import type { Clock, Random } from "../vocabulary/clock.ts";
import { quote, UserError } from "../vocabulary/errors.ts";
import type { Log } from "../vocabulary/log.ts";
import { SQSClient } from "./client.ts";
import type { Environment } from "./transports/aws-settings.ts";
import { createMemoryQueues } from "./transports/memory.ts";
import { refusePlainHttp } from "./transports/plain-http.ts";
import { createSqsJsonTransport } from "./transports/sqs-json.ts";
import { createTdmqCmqTransport } from "./transports/tdmq-cmq.ts";

/** What a queue needs of the world. */
export interface QueueUrlDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Of what region, endpoint and credentials are read. */
  readonly env: Environment;
  /** Who signs, by the queue's service; absent: the credentials of `env`. */
  readonly signers?: QueueSigners | undefined;
  /** Hosts of `--allow-http`. */
  readonly allowHttp?: readonly string[] | undefined;
  /** What names the queue, for messages; `--queue` where absent. */
  readonly setting?: string | undefined;
}

/** Who signs requests to a queue. */
export interface QueueSigners {
  /** For `sqs:`. */
  readonly aws?: CredentialsProvider | undefined;
  /** For `tdmq:`. */
  readonly tencent?: CredentialsProvider | undefined;
}

/** A client, and the URL of the queue that it is for. */
export interface QueueFromUrl {
  readonly kind: "memory" | "sqs" | "tdmq";
  readonly client: SQSClient;
  /** As commands take it. */
  readonly queueUrl: string;
}

/**
 * The queue that a text names, as `--queue` takes it: `memory:` or `memory:NAME`, `sqs:URL`, `tdmq:URL?region=…`. No request is made.
 * Throws UserError `InvalidQueue` where the text names no queue, `PlainHttp` where it would be spoken to over plain http.
 *
 * @example
 * ```ts
 * import { jsonLog, systemClock } from "cos-originals";
 * import { GetQueueAttributesCommand, queueFromUrl } from "cos-originals/queue";
 *
 * // Or sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/originals
 * const { client, queueUrl } = queueFromUrl("memory:originals", {
 *   clock: systemClock,
 *   random: Math.random,
 *   log: jsonLog(),
 *   env: process.env,
 * });
 * const { Attributes } = await client.send(
 *   new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
 * );
 * console.log(Attributes?.ApproximateNumberOfMessages); // prints 0
 * client.destroy();
 * ```
 */
export function queueFromUrl(text: string, dependencies: QueueUrlDependencies): QueueFromUrl {
  const colon = text.indexOf(":");
  const scheme = text.slice(0, Math.max(0, colon));
  const rest = text.slice(colon + 1);
  if (scheme === "memory") return memoryQueue(text, rest, dependencies);
  if (scheme === "sqs") return sqsQueue(text, rest, dependencies);
  if (scheme === "tdmq") return tdmqQueue(text, rest, dependencies);
  throw invalid(text, "it must be memory:, sqs:URL or tdmq:URL", dependencies);
}

type Named = Pick<QueueUrlDependencies, "setting">;

function invalid(text: string, why: string, { setting = "--queue" }: Named): UserError {
  return new UserError("InvalidQueue", `${setting} ${quote(text)} names no queue: ${why}.`);
}

function httpUrl(text: string, rest: string, example: string, named: Named): URL {
  if (!/^https?:\/\//i.test(rest) || !URL.canParse(rest))
    throw invalid(text, `what follows must be a URL, as in ${example}`, named);
  const url = new URL(rest);
  if (url.username !== "" || url.password !== "") {
    // The value is not quoted: it holds a secret.
    throw new UserError(
      "InvalidQueue",
      `${named.setting ?? "--queue"} names a URL with a user name or password in it: take them out, credentials come from the environment.`,
    );
  }
  return url;
}

function memoryQueue(text: string, rest: string, dependencies: QueueUrlDependencies): QueueFromUrl {
  const name = rest === "" ? "originals" : rest;
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(name)) throw invalid(text, "a name has 1 to 80 of A-Z a-z 0-9 _ -", dependencies);
  const queues = createMemoryQueues(dependencies);
  const queueUrl = queues.createQueue(name);
  return { kind: "memory", client: new SQSClient({ transport: queues }), queueUrl };
}

function sqsQueue(text: string, rest: string, dependencies: QueueUrlDependencies): QueueFromUrl {
  const example = "sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/originals";
  const url = httpUrl(text, rest, example, dependencies);
  if (url.pathname.length < 2) throw invalid(text, `the URL has no queue in its path, as in ${example}`, dependencies);
  const { AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL } = dependencies.env;
  // With an endpoint set, the URL is only a name; what is dialled is checked at each request.
  if (!AWS_ENDPOINT_URL_SQS && !AWS_ENDPOINT_URL) refusePlainHttp(url, dependencies.allowHttp);
  const transport = createSqsJsonTransport({ ...dependencies, signer: dependencies.signers?.aws });
  return { kind: "sqs", client: new SQSClient({ transport }), queueUrl: rest };
}

function tdmqQueue(text: string, rest: string, dependencies: QueueUrlDependencies): QueueFromUrl {
  const example = "tdmq:https://cmq-gz.publicXXX.tencenttdmq.com/originals?region=ap-guangzhou";
  const url = httpUrl(text, rest, example, dependencies);
  if (!/^\/[^/]+$/.test(url.pathname))
    throw invalid(text, `the URL's path must be the queue's name, as in ${example}`, dependencies);
  const region = url.searchParams.get("region") || dependencies.env.TENCENTCLOUD_REGION;
  if (!region)
    throw invalid(
      text,
      `the region is missing: add ?region=…, as in ${example}, or set TENCENTCLOUD_REGION`,
      dependencies,
    );
  const signer = dependencies.signers?.tencent;
  const transport = createTdmqCmqTransport({ ...dependencies, signer, endpoint: url.origin, region });
  return { kind: "tdmq", client: new SQSClient({ transport }), queueUrl: url.origin + url.pathname };
}
