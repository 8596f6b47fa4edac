/**
 * Amazon SQS, or anything that speaks its JSON 1.0 protocol: POST to the endpoint's root, `X-Amz-Target: AmazonSQS.<Action>`,
 * `Content-Type: application/x-amz-json-1.0`, Signature Version 4 (service `sqs`).
 *
 * - Region, endpoint and credentials: aws-settings.ts.
 * - Failures that may pass are tried again, three tries in all; a receive not beyond the wait it was asked for.
 * - MD5s are compared on send and receive, as the AWS package does.
 * - A clock that is off is corrected from the answer's Date header, once per refusal.
 */
import aws4 from "aws4";
import { type CredentialsProvider, sameCredentials } from "../../credentials/credentials.ts";
import { type Clock, type Random, systemClock } from "../../vocabulary/clock.ts";
import { md5OfText } from "../api/digest.ts";
import { serviceException } from "../api/error.ts";
import { MAX_WAIT_SECONDS } from "../api/limits.ts";
import { createOwnUrls } from "../api/own-urls.ts";
import type { MetadataBearer } from "../api/shapes.ts";
import type { Action, Actions, CallOptions, Transport } from "../api/transport.ts";
import {
  asAws,
  awsCredentials,
  type CredentialsSource,
  destination,
  type Environment,
  type RegionSource,
} from "./aws-settings.ts";
import { ANSWER_TIMEOUT_MS, type Answer, exchange, openClients, receiveTimeoutMs } from "./exchange.ts";
import { refusePlainHttp } from "./plain-http.ts";
import { retrying } from "./retrying.ts";
import { decodeAnswer, encodeInput, type WireOutput } from "./sqs-json-wire.ts";

/** Where SQS is, and who signs; each may be absent. */
export interface SqsJsonOptions {
  /** AWS_REGION, AWS_DEFAULT_REGION, or an amazonaws.com queue URL's own where absent. */
  readonly region?: RegionSource | undefined;
  /** AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL, or the queue URL's host where absent. */
  readonly endpoint?: string | undefined;
  /** AWS_ACCESS_KEY_ID and so on where absent. */
  readonly credentials?: CredentialsSource | undefined;
  /** Who signs, where `credentials` are not said: asked before each request, and for new ones after a refusal. */
  readonly signer?: CredentialsProvider | undefined;
  /** Hosts, besides loopback, that may be spoken to over plain http. */
  readonly allowHttp?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  /** process.env where absent. */
  readonly env?: Environment | undefined;
}

/** SQS refuses a signature whose time is further off than this. */
const MAX_SKEW_MS = 5 * 60_000;
/** What SQS, and those who speak its protocol, call keys that have ended, or that they know no more. */
const ABOUT_KEYS = /ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId/;
const ABOUT_TIME = /RequestExpired|RequestTimeTooSkewed|RequestInTheFuture|InvalidSignature|SignatureDoesNotMatch/;

/**
 * Amazon SQS, or anything that speaks its JSON 1.0 protocol, signed by Signature Version 4. Failures that may pass are tried again,
 * three tries in all; a clock that is off is corrected from the answer's Date header.
 */
export function createSqsJsonTransport(options: SqsJsonOptions = {}): Transport {
  const { clock = systemClock, random = Math.random, env = process.env } = options;
  const clients = openClients(env);
  /** Milliseconds by which the service's clock is ahead of ours. */
  let skewMs = 0;

  const ownUrls = createOwnUrls();

  /** @param at a queue's URL, whose host is dialled where no endpoint is set */
  async function once<A extends Action>(
    action: A,
    input: object,
    call: CallOptions,
    timeoutMs: number,
    at: string | undefined,
  ) {
    const { url, region } = await destination(options, at, env);
    refusePlainHttp(url, options.allowHttp);
    const body = encodeInput(input);
    const sign = async () => {
      const at = new Date(clock.now() + skewMs).toISOString().replace(/[:-]|\.\d{3}/g, "");
      const credentials = withoutAbsent(await keys());
      const { headers = {} } = aws4.sign(
        {
          method: "POST",
          service: "sqs",
          region,
          path: url.pathname,
          body,
          headers: {
            Host: url.host,
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": `AmazonSQS.${action}`,
            "X-Amz-Date": at,
          },
        },
        credentials,
      );
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      const signature = /Signature=([0-9a-f]+)/.exec(String(headers.Authorization))?.[1];
      return {
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        secrets: [accessKeyId, secretAccessKey, sessionToken, signature],
      };
    };
    const ask = async (): Promise<Answer> =>
      exchange({
        url,
        ...(await sign()),
        body,
        timeoutMs,
        signal: call.abortSignal,
        clients,
      });
    const answer = await ask();
    if (correctClock(answer) || (await renewKeys(answer))) return { answer: await ask(), origin: url.origin };
    return { answer, origin: url.origin };
  }

  const signer = options.credentials === undefined ? options.signer : undefined;
  const keys = async () =>
    signer === undefined ? awsCredentials(options.credentials, env) : asAws(await signer.get(clock.now()));

  /** Was the refusal about the keys, and are there others now? */
  async function renewKeys({ status, text }: Answer): Promise<boolean> {
    if (signer?.refresh === undefined || (status !== 400 && status !== 403) || !ABOUT_KEYS.test(text)) return false;
    const before = await signer.get(clock.now());
    // Whoever has none tells the refusal: it is what has to be understood.
    await signer.refresh().catch(() => undefined);
    return !sameCredentials(before, await signer.get(clock.now()));
  }

  /** Was the refusal about our clock? Then it is right from now on. */
  function correctClock(answer: Answer): boolean {
    if ((answer.status !== 400 && answer.status !== 403) || !ABOUT_TIME.test(answer.text)) return false;
    const serverTime = Date.parse(answer.header("date") ?? "");
    if (!(Math.abs(serverTime - (clock.now() + skewMs)) > MAX_SKEW_MS)) return false;
    skewMs = serverTime - clock.now();
    return true;
  }

  async function send<A extends Action>(
    action: A,
    input: Actions[A]["input"],
    call: CallOptions,
    limits: Limits<A> = { timeoutMs: ANSWER_TIMEOUT_MS },
  ): Promise<WireOutput<A> & MetadataBearer> {
    const url = queueUrlOf(input);
    if (url === undefined) return sendTo(action, input, call, limits, undefined, undefined);
    return ownUrls.through(
      url,
      (own) => sendTo(action, input, call, limits, url, own),
      async (QueueName) => {
        const timed = { timeoutMs: ANSWER_TIMEOUT_MS };
        return (await sendTo("GetQueueUrl", { QueueName }, call, timed, url, undefined)).QueueUrl;
      },
    );
  }

  /**
   * `shorten` makes a repeated receive wait only for what is left of its time.
   * @param own what the service calls the queue
   */
  async function sendTo<A extends Action>(
    action: A,
    input: Actions[A]["input"],
    call: CallOptions,
    limits: Limits<A>,
    at: string | undefined,
    own: string | undefined,
  ): Promise<WireOutput<A> & MetadataBearer> {
    const { value, attempts, totalRetryDelay } = await retrying(
      async (tried) => {
        const body = tried === 0 ? input : (limits.shorten?.() ?? input);
        const said = own === undefined ? body : { ...body, QueueUrl: own };
        const { answer, origin } = await once(action, said, call, limits.timeoutMs, at);
        const requestId = answer.header("x-amzn-requestid");
        const output = decodeAnswer(action, answer, origin);
        return { output, httpStatusCode: answer.status, ...(requestId === undefined ? {} : { requestId }) };
      },
      { clock, random, signal: call.abortSignal, until: limits.until },
    );
    const { output, ...metadata } = value;
    return { ...output, $metadata: { ...metadata, attempts, totalRetryDelay } };
  }

  return {
    async SendMessage(input, call) {
      const output = await send("SendMessage", input, call);
      checkDigests(
        [{ MessageId: output.MessageId, md5: output.MD5OfMessageBody, body: input.MessageBody ?? "" }],
        "sent",
      );
      return output;
    },
    async SendMessageBatch(input, call) {
      const output = await send("SendMessageBatch", input, call);
      const bodies = new Map((input.Entries ?? []).map((entry) => [entry.Id, entry.MessageBody ?? ""]));
      checkDigests(
        output.Successful.map(({ Id, MessageId, MD5OfMessageBody }) => ({
          MessageId,
          md5: MD5OfMessageBody,
          body: bodies.get(Id) ?? "",
        })),
        "sent",
      );
      return output;
    },
    async ReceiveMessage(input, call) {
      const wait = input.WaitTimeSeconds;
      const until = clock.elapsed() + (wait ?? 0) * 1_000;
      const output = await send("ReceiveMessage", input, call, {
        until,
        timeoutMs: receiveTimeoutMs(wait, MAX_WAIT_SECONDS),
        shorten: () => ({ ...input, WaitTimeSeconds: Math.max(0, Math.floor((until - clock.elapsed()) / 1_000)) }),
      });
      checkDigests(
        (output.Messages ?? []).map(({ MessageId, MD5OfBody, Body }) => ({ MessageId, md5: MD5OfBody, body: Body })),
        "received",
      );
      return output;
    },
    DeleteMessage: (input, call) => send("DeleteMessage", input, call),
    DeleteMessageBatch: (input, call) => send("DeleteMessageBatch", input, call),
    ChangeMessageVisibility: (input, call) => send("ChangeMessageVisibility", input, call),
    ChangeMessageVisibilityBatch: (input, call) => send("ChangeMessageVisibilityBatch", input, call),
    GetQueueUrl: (input, call) => send("GetQueueUrl", input, call),
    GetQueueAttributes: (input, call) => send("GetQueueAttributes", input, call),
    CreateQueue: (input, call) => send("CreateQueue", input, call),
    PurgeQueue: (input, call) => send("PurgeQueue", input, call),
    DeleteQueue: (input, call) => send("DeleteQueue", input, call),
    destroy() {
      clients.destroy();
    },
  };
}

interface Limits<A extends Action> {
  readonly until?: number;
  readonly timeoutMs: number;
  readonly shorten?: () => Actions[A]["input"];
}

function queueUrlOf(input: object): string | undefined {
  return "QueueUrl" in input && typeof input.QueueUrl === "string" ? input.QueueUrl : undefined;
}

/** A body that is not what was sent must not be worked: the message comes again. */
function checkDigests(
  messages: readonly { readonly MessageId: string; readonly md5: string; readonly body: string }[],
  what: "sent" | "received",
): void {
  const wrong = messages.filter(({ md5, body }) => md5 !== md5OfText(body)).map(({ MessageId }) => MessageId);
  if (wrong.length === 0) return;
  throw serviceException(
    "InvalidChecksum",
    `The MD5 of a message ${what} is not that of its body (${wrong.join(", ")}): it was changed on the way.`,
    { $fault: "server" },
  );
}

function withoutAbsent(credentials: {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}): aws4.Credentials {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
