/**
 * What AWS Lambda invokes the function with. Records are camelCase here as there, whereas a `Message` of the SQS API is
 * PascalCase: this is the edge where the one form becomes plain data.
 *
 * Documents: AWS Lambda developer guide, "Using Lambda with Amazon SQS"; EventBridge user guide, "Scheduled Event".
 */
import * as z from "zod";
import type { MessageAttributeValue } from "../../queue/index.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { messageText } from "./message-text.ts";

export interface SqsRecord {
  readonly kind: "message";
  readonly messageId: string;
  readonly body: string;
  readonly receiptHandle?: string | undefined;
  readonly queueArn: string;
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
  /** How often it was received, this time included. */
  readonly receives?: number | undefined;
}

/** A record of an SQS batch that is not as documented, but can be named in the answer. */
export interface MalformedRecord {
  readonly kind: "malformed";
  readonly messageId: string;
  readonly reason: string;
}

export type LambdaEvent =
  | { readonly kind: "sqs"; readonly fifo: boolean; readonly records: readonly (SqsRecord | MalformedRecord)[] }
  | { readonly kind: "schedule"; readonly scheduledAt: string }
  | { readonly kind: "message"; readonly body: string };

/** Binary values come as base64. */
const attributeSchema = z
  .object({ dataType: z.string(), stringValue: z.string().nullish(), binaryValue: z.string().nullish() })
  .transform(({ dataType, stringValue, binaryValue }) => ({
    DataType: dataType,
    StringValue: stringValue ?? undefined,
    BinaryValue: binaryValue ? new Uint8Array(Buffer.from(binaryValue, "base64")) : undefined,
  }));

const recordSchema = z.object({
  messageId: z.string().min(1),
  body: z.string(),
  receiptHandle: z.string().min(1).optional(),
  eventSource: z.literal("aws:sqs"),
  // What a dead letter keeps is no reason to fail a message that can be worked.
  attributes: z.object({ ApproximateReceiveCount: z.coerce.number().int() }).optional().catch(undefined),
  messageAttributes: z.record(z.string(), attributeSchema).optional().catch(undefined),
  eventSourceARN: z.string().regex(/^arn:[^:]+:sqs:[^:]+:[^:]+:.+$/, "is not the ARN of an SQS queue"),
});

const instant = z.iso.datetime({ offset: true });

/**
 * Tells what an event is. A record that can't be worked is a `malformed` one; an event in which nothing can be named
 * throws UserError `InvalidEvent`, so that the platform delivers it again or drops it visibly: never a quiet success.
 */
export function decodeLambdaEvent(event: unknown): LambdaEvent {
  if (!isRecord(event)) throw invalid(`The event ${quote(event)} is no object`);
  if ("Records" in event) return decodeRecords(event.Records);
  if (event["detail-type"] === "Scheduled Event") return { kind: "schedule", scheduledAt: time(event.time, "time") };
  // A rule of somebody's own, whose detail is a message.
  if (typeof event["detail-type"] === "string" && isRecord(event.detail)) {
    return { kind: "message", body: messageText(event) };
  }
  if (event.Type === "Timer") return { kind: "schedule", scheduledAt: time(event.Time, "Time") };
  if (event.v !== undefined && typeof event.type === "string") return { kind: "message", body: messageText(event) };
  throw invalid(
    `The event ${quote(event)} is neither an SQS batch, a schedule, nor a message of this tool (with \`v\` and \`type\`)`,
  );
}

function decodeRecords(records: unknown): LambdaEvent {
  if (!Array.isArray(records)) throw invalid(`The event's Records are ${quote(records)} and no list`);
  const decoded = records.map(decodeRecord);
  const fifo = decoded.some((record) => record.kind === "message" && record.queueArn.endsWith(".fifo"));
  return { kind: "sqs", fifo, records: decoded };
}

function decodeRecord(record: unknown, index: number): SqsRecord | MalformedRecord {
  const parsed = recordSchema.safeParse(record);
  if (parsed.success) {
    const { messageId, body, receiptHandle, eventSourceARN, messageAttributes, attributes } = parsed.data;
    return {
      kind: "message",
      messageId,
      body,
      receiptHandle,
      queueArn: eventSourceARN,
      attributes: messageAttributes,
      receives: attributes?.ApproximateReceiveCount,
    };
  }
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  const reason =
    field === ""
      ? `The event's record ${index + 1} is no object`
      : `The event's record ${index + 1} has no valid \`${field}\`: ${(issue?.message ?? "it is not as documented").replace("Invalid input: ", "")}`;
  const messageId = isRecord(record) ? record.messageId : undefined;
  // An answer that names no record counts as success for it, so without an id the whole batch has to fail.
  if (typeof messageId !== "string" || messageId === "") throw invalid(reason);
  return { kind: "malformed", messageId, reason: `${reason}.` };
}

function time(value: unknown, field: string): string {
  const parsed = instant.safeParse(value);
  if (!parsed.success)
    throw invalid(`The schedule's event has \`${field}\` = ${quote(value)}, which is no ISO 8601 time`);
  return parsed.data;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(sentence: string): UserError {
  return new UserError("InvalidEvent", `${sentence}.`);
}
