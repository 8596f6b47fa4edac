/** Reads the Attributes of CreateQueue (API_CreateQueue) for the embedded queue. Pure. */
import { quote } from "../../vocabulary/errors.ts";
import { serviceException } from "../api/error.ts";
import { MAX_DELAY_SECONDS, MAX_MESSAGE_BYTES, MAX_VISIBILITY_SECONDS, MAX_WAIT_SECONDS } from "../api/limits.ts";
import type { QueueSettings } from "./memory-queue.ts";

interface Range {
  readonly from: number;
  readonly to: number;
  readonly otherwise: number;
}

const RANGES = {
  VisibilityTimeout: { from: 0, to: MAX_VISIBILITY_SECONDS, otherwise: 30 },
  DelaySeconds: { from: 0, to: MAX_DELAY_SECONDS, otherwise: 0 },
  MessageRetentionPeriod: { from: 60, to: 1_209_600, otherwise: 345_600 },
  ReceiveMessageWaitTimeSeconds: { from: 0, to: MAX_WAIT_SECONDS, otherwise: 0 },
  MaximumMessageSize: { from: 1_024, to: MAX_MESSAGE_BYTES, otherwise: MAX_MESSAGE_BYTES },
} as const satisfies Readonly<Record<string, Range>>;

type Given = Readonly<Record<string, string | undefined>>;

function number(given: Given, name: keyof typeof RANGES): number {
  const { from, to, otherwise } = RANGES[name];
  const text = given[name];
  if (text === undefined) return otherwise;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= from && value <= to)) {
    throw serviceException(
      "InvalidAttributeValue",
      `Invalid value for the parameter ${name}: ${quote(text)}. Reason: Must be between ${from} and ${to}.`,
    );
  }
  return value;
}

function redrive(text: string | undefined, isQueue: (arn: string) => boolean): QueueSettings["RedrivePolicy"] {
  if (text === undefined || text === "") return undefined;
  const refuse = (reason: string) =>
    serviceException(
      "InvalidAttributeValue",
      `Value ${quote(text)} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    );
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw refuse("It is no JSON.");
  }
  if (typeof policy !== "object" || policy === null) throw refuse("It is no JSON object.");
  const arn = "deadLetterTargetArn" in policy ? policy.deadLetterTargetArn : undefined;
  // SQS takes the number as a text as well.
  const count = "maxReceiveCount" in policy ? Number(policy.maxReceiveCount) : Number.NaN;
  if (typeof arn !== "string" || !isQueue(arn)) throw refuse("Dead letter target does not exist.");
  if (!Number.isInteger(count) || count < 1 || count > 1_000) throw refuse("maxReceiveCount must be 1 to 1000.");
  return { deadLetterTargetArn: arn, maxReceiveCount: count };
}

/** @param isQueue whether that ARN is a queue's */
export function queueSettings(given: Given, isQueue: (arn: string) => boolean): QueueSettings {
  for (const name of Object.keys(given)) {
    if (name === "FifoQueue" || name === "ContentBasedDeduplication") {
      throw serviceException("UnsupportedOperation", "The embedded queue has no FIFO queues.");
    }
    if (!Object.hasOwn(RANGES, name) && name !== "RedrivePolicy") {
      throw serviceException("InvalidAttributeName", `Unknown Attribute ${name}.`);
    }
  }
  return {
    VisibilityTimeout: number(given, "VisibilityTimeout"),
    DelaySeconds: number(given, "DelaySeconds"),
    MessageRetentionPeriod: number(given, "MessageRetentionPeriod"),
    ReceiveMessageWaitTimeSeconds: number(given, "ReceiveMessageWaitTimeSeconds"),
    MaximumMessageSize: number(given, "MaximumMessageSize"),
    RedrivePolicy: redrive(given.RedrivePolicy, isQueue),
  };
}
