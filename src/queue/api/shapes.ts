/**
 * Inputs and outputs of the SQS API (AWS API Reference, API_Operations), member for member those of `@aws-sdk/client-sqs`:
 * required members are `T | undefined` and lists are mutable there, so they are here, and values pass freely between the two.
 */

/** Every queue attribute that GetQueueAttributes and CreateQueue know (API_GetQueueAttributes). */
export const queueAttributeNames = [
  "All",
  "ApproximateNumberOfMessages",
  "ApproximateNumberOfMessagesDelayed",
  "ApproximateNumberOfMessagesNotVisible",
  "ContentBasedDeduplication",
  "CreatedTimestamp",
  "DeduplicationScope",
  "DelaySeconds",
  "FifoQueue",
  "FifoThroughputLimit",
  "KmsDataKeyReusePeriodSeconds",
  "KmsMasterKeyId",
  "LastModifiedTimestamp",
  "MaximumMessageSize",
  "MessageRetentionPeriod",
  "Policy",
  "QueueArn",
  "ReceiveMessageWaitTimeSeconds",
  "RedriveAllowPolicy",
  "RedrivePolicy",
  "SqsManagedSseEnabled",
  "VisibilityTimeout",
] as const;
export type QueueAttributeName = (typeof queueAttributeNames)[number];

export type MessageSystemAttributeName =
  | "All"
  | "AWSTraceHeader"
  | "ApproximateFirstReceiveTimestamp"
  | "ApproximateReceiveCount"
  | "DeadLetterQueueSourceArn"
  | "MessageDeduplicationId"
  | "MessageGroupId"
  | "SenderId"
  | "SentTimestamp"
  | "SequenceNumber";

export type MessageSystemAttributeNameForSends = "AWSTraceHeader";

export interface ResponseMetadata {
  httpStatusCode?: number;
  requestId?: string;
  extendedRequestId?: string;
  cfId?: string;
  /** How many requests the answer took. */
  attempts?: number;
  /** Milliseconds slept between them. */
  totalRetryDelay?: number;
}

export interface MetadataBearer {
  $metadata: ResponseMetadata;
}

export interface MessageAttributeValue {
  StringValue?: string | undefined;
  BinaryValue?: Uint8Array | undefined;
  StringListValues?: string[] | undefined;
  BinaryListValues?: Uint8Array[] | undefined;
  /** String, Number or Binary, with an optional `.label`. */
  DataType: string | undefined;
}
export type MessageSystemAttributeValue = MessageAttributeValue;

export interface BatchResultErrorEntry {
  Id: string | undefined;
  /** Was it the caller's mistake? Then the same entry fails again. */
  SenderFault: boolean | undefined;
  Code: string | undefined;
  Message?: string | undefined;
}

/** What a batch of any kind answers: each entry is in one of the two lists. */
interface BatchResult<Entry> extends MetadataBearer {
  Successful: Entry[] | undefined;
  Failed: BatchResultErrorEntry[] | undefined;
}

interface MessageToSend {
  /** 1 byte to 1 MiB of the characters XML 1.0 allows. */
  MessageBody: string | undefined;
  /** 0 to 900. */
  DelaySeconds?: number | undefined;
  MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
  MessageSystemAttributes?:
    | Partial<Record<MessageSystemAttributeNameForSends, MessageSystemAttributeValue>>
    | undefined;
  MessageDeduplicationId?: string | undefined;
  MessageGroupId?: string | undefined;
}
export interface SendMessageCommandInput extends MessageToSend {
  QueueUrl: string | undefined;
}
interface MessageSent {
  MD5OfMessageBody?: string | undefined;
  MD5OfMessageAttributes?: string | undefined;
  MD5OfMessageSystemAttributes?: string | undefined;
  MessageId?: string | undefined;
  SequenceNumber?: string | undefined;
}
export interface SendMessageCommandOutput extends MessageSent, MetadataBearer {}

export interface SendMessageBatchRequestEntry extends MessageToSend {
  /** Distinct in the request; 1 to 80 of `A-Z a-z 0-9 _ -`. */
  Id: string | undefined;
}
export interface SendMessageBatchCommandInput {
  QueueUrl: string | undefined;
  /** 1 to 10. */
  Entries: SendMessageBatchRequestEntry[] | undefined;
}
export interface SendMessageBatchResultEntry extends MessageSent {
  Id: string | undefined;
  MessageId: string | undefined;
  MD5OfMessageBody: string | undefined;
}
export type SendMessageBatchCommandOutput = BatchResult<SendMessageBatchResultEntry>;

export interface ReceiveMessageCommandInput {
  QueueUrl: string | undefined;
  AttributeNames?: QueueAttributeName[] | undefined;
  MessageSystemAttributeNames?: MessageSystemAttributeName[] | undefined;
  /** Names, `prefix.*`, `All` or `.*`; none are returned where it is absent. */
  MessageAttributeNames?: string[] | undefined;
  /** 1 to 10, default 1. */
  MaxNumberOfMessages?: number | undefined;
  /** Seconds, 0 to 43,200; the queue's own where absent. */
  VisibilityTimeout?: number | undefined;
  /** 0 to 20; the queue's own where absent. */
  WaitTimeSeconds?: number | undefined;
  ReceiveRequestAttemptId?: string | undefined;
}
export interface Message {
  MessageId?: string | undefined;
  ReceiptHandle?: string | undefined;
  MD5OfBody?: string | undefined;
  Body?: string | undefined;
  Attributes?: Partial<Record<MessageSystemAttributeName, string>> | undefined;
  MD5OfMessageAttributes?: string | undefined;
  MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
}
export interface ReceiveMessageCommandOutput extends MetadataBearer {
  /** Absent where there is none. */
  Messages?: Message[] | undefined;
}

export interface DeleteMessageCommandInput {
  QueueUrl: string | undefined;
  ReceiptHandle: string | undefined;
}
export type DeleteMessageCommandOutput = MetadataBearer;

export interface DeleteMessageBatchRequestEntry {
  Id: string | undefined;
  ReceiptHandle: string | undefined;
}
export interface DeleteMessageBatchCommandInput {
  QueueUrl: string | undefined;
  Entries: DeleteMessageBatchRequestEntry[] | undefined;
}
export interface DeleteMessageBatchResultEntry {
  Id: string | undefined;
}
export type DeleteMessageBatchCommandOutput = BatchResult<DeleteMessageBatchResultEntry>;

export interface ChangeMessageVisibilityCommandInput {
  QueueUrl: string | undefined;
  ReceiptHandle: string | undefined;
  /** Seconds from now, 0 to 43,200; at most 12 hours after the message was received. */
  VisibilityTimeout: number | undefined;
}
export type ChangeMessageVisibilityCommandOutput = MetadataBearer;

export interface ChangeMessageVisibilityBatchRequestEntry {
  Id: string | undefined;
  ReceiptHandle: string | undefined;
  VisibilityTimeout?: number | undefined;
}
export interface ChangeMessageVisibilityBatchCommandInput {
  QueueUrl: string | undefined;
  Entries: ChangeMessageVisibilityBatchRequestEntry[] | undefined;
}
export interface ChangeMessageVisibilityBatchResultEntry {
  Id: string | undefined;
}
export type ChangeMessageVisibilityBatchCommandOutput = BatchResult<ChangeMessageVisibilityBatchResultEntry>;

export interface GetQueueUrlCommandInput {
  QueueName: string | undefined;
  QueueOwnerAWSAccountId?: string | undefined;
}
export interface GetQueueUrlCommandOutput extends MetadataBearer {
  QueueUrl?: string | undefined;
}

export interface GetQueueAttributesCommandInput {
  QueueUrl: string | undefined;
  AttributeNames?: QueueAttributeName[] | undefined;
}
export interface GetQueueAttributesCommandOutput extends MetadataBearer {
  Attributes?: Partial<Record<QueueAttributeName, string>> | undefined;
}

export interface CreateQueueCommandInput {
  QueueName: string | undefined;
  Attributes?: Partial<Record<QueueAttributeName, string>> | undefined;
  tags?: Record<string, string> | undefined;
}
export interface CreateQueueCommandOutput extends MetadataBearer {
  QueueUrl?: string | undefined;
}
export interface PurgeQueueCommandInput {
  QueueUrl: string | undefined;
}
export type PurgeQueueCommandOutput = MetadataBearer;
export interface DeleteQueueCommandInput {
  QueueUrl: string | undefined;
}
export type DeleteQueueCommandOutput = MetadataBearer;
