/**
 * Tencent's TDMQ for CMQ, queue model (documents 1111/46415, 46418, 46419, 46420): six actions, form-encoded POSTs to
 * `/v2/index.php`, JSON answers, the v1 signature. A queue URL here is `<endpoint>/<queue name>`.
 *
 * What SQS has and it lacks:
 * - ChangeMessageVisibility(Batch): UnsupportedOperation. The queue's own visibility timeout is the lease, and it can't be extended.
 * - a visibility timeout per receive: ignored, with one warning; the queue's own counts.
 * - GetQueueAttributes, creating, purging, deleting a queue: UnsupportedOperation (the console and TencentCloud API 3.0 do those).
 * - ApproximateReceiveCount and other system attributes except SentTimestamp: absent.
 * - message attributes: travel in the body, tdmq-envelope.ts. MD5s: computed here.
 * - FIFO queues: UnsupportedOperation. Batches have at most 10, waits at most 20 s, delays at most 900 s, as in SQS.
 * - A message not deleted within the queue's "maximum unacknowledged time" (12 hours at most) is lost. Nothing here can change that.
 * - A receipt handle holds only until the message is visible again; deleting by an older one fails, and the message comes again.
 */
import type { CredentialsProvider } from "../../credentials/credentials.ts";
import { type Clock, type Random, systemClock } from "../../vocabulary/clock.ts";
import { type Log, silentLog } from "../../vocabulary/log.ts";
import { selectAttributes } from "../api/attribute-selection.ts";
import { md5OfAttributes, md5OfText } from "../api/digest.ts";
import { SQSServiceException, serviceException } from "../api/error.ts";
import {
  checkBatch,
  checkBatchBytes,
  checkMessage,
  failedEntry,
  MAX_BATCH_ENTRIES,
  MAX_DELAY_SECONDS,
  MAX_WAIT_SECONDS,
  required,
  within,
} from "../api/limits.ts";
import type {
  BatchResultErrorEntry,
  Message,
  ReceiveMessageCommandInput,
  SendMessageBatchRequestEntry,
  SendMessageBatchResultEntry,
} from "../api/shapes.ts";
import type { CallOptions, Transport } from "../api/transport.ts";
import { openClients, receiveTimeoutMs } from "./exchange.ts";
import { refusePlainHttp } from "./plain-http.ts";
import { createTdmqCall } from "./tdmq-call.ts";
import { unwrap, wrap } from "./tdmq-envelope.ts";
import type { TdmqMessage } from "./tdmq-wire.ts";

/** Which TDMQ for CMQ, and who signs. */
export interface TdmqCmqOptions {
  /** As the console shows it, e.g. `https://cmq-gz.publicXXX.tencenttdmq.com`. */
  readonly endpoint: string;
  /** e.g. `ap-guangzhou`. */
  readonly region: string;
  /** TENCENTCLOUD_SECRETID and so on, read before each request: the platform renews them. process.env where absent. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Who signs; absent: TENCENTCLOUD_* of `env`. */
  readonly signer?: CredentialsProvider | undefined;
  /** Hosts, besides loopback, that may be spoken to over plain http (the private endpoint has nothing else). */
  readonly allowHttp?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly log?: Log | undefined;
}

const PATH = "/v2/index.php";
/** The service's own longest wait, which a queue may be set to. */
const LONGEST_WAIT_SECONDS = 30;

/**
 * Tencent's TDMQ for CMQ, queue model (documents 1111/46415, 46418, 46419, 46420). A queue's URL is `<endpoint>/<queue name>`. What SQS has
 * and it lacks is refused as `UnsupportedOperation`: changing a message's visibility (the queue's own is the lease), a queue's
 * attributes, creating, purging and deleting queues, FIFO. A visibility timeout of a receive is ignored, with one warning.
 */
export function createTdmqCmqTransport(options: TdmqCmqOptions): Transport {
  const { env = process.env, clock = systemClock, random = Math.random, log = silentLog } = options;
  const url = new URL(PATH, options.endpoint);
  refusePlainHttp(url, options.allowHttp);
  const clients = openClients(env);
  let warnedOfVisibility = false;

  const call = createTdmqCall({ ...options, url, clock, random, env, clients });

  /** What is sent for a message, checked by SQS's rules: the envelope must fit as well. */
  function prepare(message: Omit<SendMessageBatchRequestEntry, "Id">) {
    if (message.MessageGroupId !== undefined || message.MessageDeduplicationId !== undefined) {
      throw unsupported("FIFO queues (MessageGroupId, MessageDeduplicationId)");
    }
    const body = checkMessage(message);
    const text = wrap(body, message.MessageAttributes);
    if (text !== body) checkMessage({ MessageBody: text });
    return {
      text,
      delaySeconds: within(message.DelaySeconds, "DelaySeconds", 0, MAX_DELAY_SECONDS),
      digests: digests(body, message),
    };
  }

  async function receive(input: ReceiveMessageCommandInput, options: CallOptions) {
    const queue = queueName(input.QueueUrl);
    const most = within(input.MaxNumberOfMessages, "MaxNumberOfMessages", 1, MAX_BATCH_ENTRIES) ?? 1;
    const wait = within(input.WaitTimeSeconds, "WaitTimeSeconds", 0, MAX_WAIT_SECONDS);
    if (input.VisibilityTimeout !== undefined && !warnedOfVisibility) {
      warnedOfVisibility = true;
      log.warn("TDMQ has no visibility timeout per receive: the queue's own counts", {
        queue,
        ignored: input.VisibilityTimeout,
      });
    }
    const until = clock.elapsed() + (wait ?? 0) * 1_000;
    const parameters = (waitSeconds: number | undefined) => {
      const all = new Map([["queueName", queue]]);
      if (waitSeconds !== undefined) all.set("pollingWaitSeconds", String(waitSeconds));
      if (most > 1) all.set("numOfMsg", String(most));
      return all;
    };
    return call(most > 1 ? "BatchReceiveMessage" : "ReceiveMessage", parameters(wait), options, {
      timeoutMs: receiveTimeoutMs(wait, LONGEST_WAIT_SECONDS),
      until,
      again: () => parameters(Math.max(0, Math.floor((until - clock.elapsed()) / 1_000))),
    });
  }

  async function sendGroup(
    queue: string,
    delaySeconds: number | undefined,
    group: readonly { readonly Id: string | undefined; readonly prepared: ReturnType<typeof prepare> }[],
    options: CallOptions,
  ): Promise<SendMessageBatchResultEntry[]> {
    const parameters = new Map([["queueName", queue]]);
    if (delaySeconds !== undefined) parameters.set("delaySeconds", String(delaySeconds));
    for (const [index, { prepared }] of group.entries()) parameters.set(`msgBody.${index}`, prepared.text);
    const { msgIds } = await call("BatchSendMessage", parameters, options);
    if (msgIds.length !== group.length) {
      throw serviceException(
        "TdmqError",
        `TDMQ acknowledged ${msgIds.length} of ${group.length} messages of a batch.`,
        {
          $fault: "server",
        },
      );
    }
    return group.map(({ Id, prepared }, index) => ({ Id, MessageId: msgIds[index], ...prepared.digests }));
  }

  return {
    async SendMessage(input, options) {
      const { text, delaySeconds, digests } = prepare(input);
      const parameters = new Map([
        ["queueName", queueName(input.QueueUrl)],
        ["msgBody", text],
      ]);
      if (delaySeconds !== undefined) parameters.set("delaySeconds", String(delaySeconds));
      const { msgIds, $metadata } = await call("SendMessage", parameters, options);
      return { MessageId: msgIds[0], ...digests, $metadata };
    },
    /** One delay holds for a whole call there: entries go in one call a delay. */
    async SendMessageBatch(input, options) {
      const queue = queueName(input.QueueUrl);
      const entries = checkBatch(input.Entries);
      checkBatchBytes(entries);
      const Successful: SendMessageBatchResultEntry[] = [];
      const Failed: BatchResultErrorEntry[] = [];
      const groups = new Map<number | undefined, { Id: string | undefined; prepared: ReturnType<typeof prepare> }[]>();
      for (const entry of entries) {
        try {
          const prepared = prepare(entry);
          const group = groups.get(prepared.delaySeconds) ?? [];
          groups.set(prepared.delaySeconds, [...group, { Id: entry.Id, prepared }]);
        } catch (error) {
          Failed.push(failedEntry(entry.Id, ofService(error)));
        }
      }
      for (const [delaySeconds, group] of groups) {
        try {
          Successful.push(...(await sendGroup(queue, delaySeconds, group, options)));
        } catch (error) {
          // Nothing of the request went out: say so as a whole. Otherwise tell what did and what did not.
          if (groups.size === 1 || !(error instanceof SQSServiceException)) throw error;
          Failed.push(...group.map(({ Id }) => failedEntry(Id, error)));
        }
      }
      return { Successful, Failed, $metadata: {} };
    },
    async ReceiveMessage(input, options) {
      const { messages, $metadata } = await receive(input, options);
      return {
        ...(messages.length > 0 ? { Messages: messages.map((message) => asReceived(message, input)) } : {}),
        $metadata,
      };
    },
    async DeleteMessage(input, options) {
      const parameters = [
        ["queueName", queueName(input.QueueUrl)],
        ["receiptHandle", required(input.ReceiptHandle, "ReceiptHandle")],
      ] as const;
      const { $metadata } = await call("DeleteMessage", parameters, options);
      return { $metadata };
    },
    async DeleteMessageBatch(input, options) {
      const entries = checkBatch(input.Entries);
      const parameters = new Map([["queueName", queueName(input.QueueUrl)]]);
      for (const [index, { ReceiptHandle }] of entries.entries()) {
        parameters.set(`receiptHandle.${index}`, required(ReceiptHandle, "ReceiptHandle"));
      }
      const { failed, allFailed, $metadata } = await call("BatchDeleteMessage", parameters, options);
      const failures = new Map(failed.map((failure) => [failure.receiptHandle, failure]));
      const Successful: { Id: string | undefined }[] = [];
      const Failed: BatchResultErrorEntry[] = [];
      for (const { Id, ReceiptHandle } of entries) {
        const failure = failures.get(ReceiptHandle ?? "");
        if (failure === undefined && !allFailed) Successful.push({ Id });
        else {
          const Message = failure?.message ?? "TDMQ deleted none of the batch, or did not say which.";
          Failed.push({ Id, SenderFault: true, Code: `TdmqError.${failure?.code ?? "unknown"}`, Message });
        }
      }
      return { Successful, Failed, $metadata };
    },
    /** The API has no such call: the URL is made from the endpoint, and the first request tells whether the queue exists. */
    async GetQueueUrl(input) {
      const name = required(input.QueueName, "QueueName");
      return { QueueUrl: new URL(`/${encodeURIComponent(name)}`, url).href, $metadata: {} };
    },
    ChangeMessageVisibility: () => Promise.reject(unsupported("ChangeMessageVisibility")),
    ChangeMessageVisibilityBatch: () => Promise.reject(unsupported("ChangeMessageVisibilityBatch")),
    GetQueueAttributes: () => Promise.reject(unsupported("GetQueueAttributes")),
    CreateQueue: () => Promise.reject(unsupported("CreateQueue")),
    PurgeQueue: () => Promise.reject(unsupported("PurgeQueue")),
    DeleteQueue: () => Promise.reject(unsupported("DeleteQueue")),
    destroy() {
      clients.destroy();
    },
  };
}

function unsupported(what: string): SQSServiceException {
  return serviceException("UnsupportedOperation", `TDMQ for CMQ does not have ${what}.`);
}

function ofService(thrown: unknown): SQSServiceException {
  if (thrown instanceof SQSServiceException) return thrown;
  throw thrown;
}

function queueName(queueUrl: string | undefined): string {
  const text = required(queueUrl, "QueueUrl");
  const name = URL.canParse(text) ? decodeURIComponent(new URL(text).pathname.split("/").at(-1) ?? "") : text;
  return required(name, "QueueUrl (its last part, the queue's name)");
}

function digests(body: string, { MessageAttributes }: Pick<SendMessageBatchRequestEntry, "MessageAttributes">) {
  const ofAttributes = md5OfAttributes(MessageAttributes);
  return {
    MD5OfMessageBody: md5OfText(body),
    ...(ofAttributes === undefined ? {} : { MD5OfMessageAttributes: ofAttributes }),
  };
}

function asReceived(message: TdmqMessage, input: ReceiveMessageCommandInput): Message {
  const { body, attributes } = unwrap(message.msgBody);
  const wanted: readonly string[] = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
  const selected = selectAttributes(attributes, input.MessageAttributeNames);
  const ofAttributes = md5OfAttributes(selected);
  return {
    MessageId: message.msgId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5OfText(body),
    Body: body,
    ...(message.enqueueTime !== undefined && (wanted.includes("All") || wanted.includes("SentTimestamp"))
      ? { Attributes: { SentTimestamp: String(message.enqueueTime * 1_000) } }
      : {}),
    ...(selected === undefined ? {} : { MessageAttributes: selected }),
    ...(ofAttributes === undefined ? {} : { MD5OfMessageAttributes: ofAttributes }),
  };
}
