/** A message of the embedded queue: made from what was sent, shown to who sends and to who receives. Pure. */
import type { Random } from "../../vocabulary/clock.ts";
import { selectAttributes } from "../api/attribute-selection.ts";
import { md5OfAttributes, md5OfText } from "../api/digest.ts";
import type {
  Message,
  MessageSystemAttributeName,
  ReceiveMessageCommandInput,
  SendMessageBatchRequestEntry,
} from "../api/shapes.ts";
import type { MemoryQueue, StoredMessage } from "./memory-queue.ts";
import { receiptHandle } from "./receipt-handle.ts";

export const ACCOUNT = "000000000000";

/** @param sent checked already */
export function newMessage(
  sent: Omit<SendMessageBatchRequestEntry, "Id" | "MessageBody"> & { readonly MessageBody: string },
  now: number,
  random: Random,
): StoredMessage {
  return {
    id: uuid(random),
    body: sent.MessageBody,
    md5: md5OfText(sent.MessageBody),
    attributes: sent.MessageAttributes === undefined ? {} : structuredClone(sent.MessageAttributes),
    traceHeader: sent.MessageSystemAttributes?.AWSTraceHeader?.StringValue,
    sentAt: now,
    sourceArn: undefined,
    receives: 0,
    firstReceivedAt: undefined,
    receivedAt: 0,
    state: "gone",
    visibleAt: now,
    expiresAt: now,
    hiddenPlace: -1,
    expiryPlace: -1,
  };
}

/** What SendMessage answers of it. */
export function asSent(message: StoredMessage) {
  const system =
    message.traceHeader === undefined
      ? undefined
      : { AWSTraceHeader: { DataType: "String", StringValue: message.traceHeader } };
  return {
    MessageId: message.id,
    MD5OfMessageBody: message.md5,
    ...present("MD5OfMessageAttributes", md5OfAttributes(message.attributes)),
    ...present("MD5OfMessageSystemAttributes", md5OfAttributes(system)),
  };
}

/** What ReceiveMessage answers of it. */
export function asReceived(queue: MemoryQueue, message: StoredMessage, input: ReceiveMessageCommandInput): Message {
  const system: Partial<Record<MessageSystemAttributeName, string>> = {
    SenderId: ACCOUNT,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receives),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...present("AWSTraceHeader", message.traceHeader),
    ...present("DeadLetterQueueSourceArn", message.sourceArn),
  };
  const wanted = new Set<string>([...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])]);
  const Attributes = Object.fromEntries(
    Object.entries(system).filter(([name]) => wanted.has("All") || wanted.has(name)),
  );
  const attributes = selectAttributes(message.attributes, input.MessageAttributeNames);
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle({ queue: queue.name, messageId: message.id, receive: message.receives }),
    MD5OfBody: message.md5,
    Body: message.body,
    ...(Object.keys(Attributes).length > 0 ? { Attributes } : {}),
    ...(attributes === undefined ? {} : { MessageAttributes: structuredClone(attributes) }),
    ...present("MD5OfMessageAttributes", md5OfAttributes(attributes)),
  };
}

/** The property, or nothing where there is no value. */
function present<const N extends string, V>(name: N, value: V | undefined): { readonly [K in N]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in N]: V });
}

/** A version 4 UUID of that chance. */
function uuid(random: Random): string {
  const hex = (digits: number) =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, "0");
  const variant = (8 + Math.floor(random() * 4)).toString(16);
  return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(12)}`;
}
