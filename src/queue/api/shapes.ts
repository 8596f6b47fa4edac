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
/** The name of a queue attribute; the values are texts, numbers and times among them. */
export type QueueAttributeName = (typeof queueAttributeNames)[number];

/** What a queue knows of a message beside its body (API_ReceiveMessage, MessageSystemAttributeNames). Times are milliseconds since the epoch, as text. */
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

/** What of it a sender may set (API_SendMessage). */
export type MessageSystemAttributeNameForSends = "AWSTraceHeader";

/** How an answer came. */
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

/** Every output. */
export interface MetadataBearer {
  $metadata: ResponseMetadata;
}

/** A named value that travels beside a message's body (API_MessageAttributeValue). The lists are reserved: SQS takes none. */
export interface MessageAttributeValue {
  StringValue?: string | undefined;
  BinaryValue?: Uint8Array | undefined;
  StringListValues?: string[] | undefined;
  BinaryListValues?: Uint8Array[] | undefined;
  /** String, Number or Binary, with an optional `.label`. */
  DataType: string | undefined;
}
/** API_MessageSystemAttributeValue. */
export type MessageSystemAttributeValue = MessageAttributeValue;

/** An entry of a batch that failed (API_BatchResultErrorEntry). */
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

/** What SendMessage and each entry of SendMessageBatch send. */
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
/** API_SendMessage. */
export interface SendMessageCommandInput extends MessageToSend {
  QueueUrl: string | undefined;
}
/** What is answered for a message that was sent. The MD5s are hexadecimal. */
interface MessageSent {
  MD5OfMessageBody?: string | undefined;
  MD5OfMessageAttributes?: string | undefined;
  MD5OfMessageSystemAttributes?: string | undefined;
  MessageId?: string | undefined;
  SequenceNumber?: string | undefined;
}
/** API_SendMessage. */
export interface SendMessageCommandOutput extends MessageSent, MetadataBearer {}

/** API_SendMessageBatchRequestEntry. */
export interface SendMessageBatchRequestEntry extends MessageToSend {
  /** Distinct in the request; 1 to 80 of `A-Z a-z 0-9 _ -`. */
  Id: string | undefined;
}
/** API_SendMessageBatch. */
export interface SendMessageBatchCommandInput {
  QueueUrl: string | undefined;
  /** 1 to 10. */
  Entries: SendMessageBatchRequestEntry[] | undefined;
}
/** API_SendMessageBatchResultEntry. */
export interface SendMessageBatchResultEntry extends MessageSent {
  Id: string | undefined;
  MessageId: string | undefined;
  MD5OfMessageBody: string | undefined;
}
/** API_SendMessageBatch. */
export type SendMessageBatchCommandOutput = BatchResult<SendMessageBatchResultEntry>;

/** API_ReceiveMessage. */
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
/** A message as received (API_Message). What was not asked for is absent. */
export interface Message {
  MessageId?: string | undefined;
  ReceiptHandle?: string | undefined;
  MD5OfBody?: string | undefined;
  Body?: string | undefined;
  Attributes?: Partial<Record<MessageSystemAttributeName, string>> | undefined;
  MD5OfMessageAttributes?: string | undefined;
  MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
}
/** API_ReceiveMessage. */
export interface ReceiveMessageCommandOutput extends MetadataBearer {
  /** Absent where there is none. */
  Messages?: Message[] | undefined;
}

/** API_DeleteMessage. */
export interface DeleteMessageCommandInput {
  QueueUrl: string | undefined;
  ReceiptHandle: string | undefined;
}
/** API_DeleteMessage. Deleting what is deleted already succeeds. */
export type DeleteMessageCommandOutput = MetadataBearer;

/** API_DeleteMessageBatchRequestEntry. */
export interface DeleteMessageBatchRequestEntry {
  Id: string | undefined;
  ReceiptHandle: string | undefined;
}
/** API_DeleteMessageBatch; 1 to 10 entries. */
export interface DeleteMessageBatchCommandInput {
  QueueUrl: string | undefined;
  Entries: DeleteMessageBatchRequestEntry[] | undefined;
}
/** API_DeleteMessageBatchResultEntry. */
export interface DeleteMessageBatchResultEntry {
  Id: string | undefined;
}
/** API_DeleteMessageBatch. */
export type DeleteMessageBatchCommandOutput = BatchResult<DeleteMessageBatchResultEntry>;

/** API_ChangeMessageVisibility. */
export interface ChangeMessageVisibilityCommandInput {
  QueueUrl: string | undefined;
  ReceiptHandle: string | undefined;
  /** Seconds from now, 0 to 43,200; at most 12 hours after the message was received. */
  VisibilityTimeout: number | undefined;
}
/** API_ChangeMessageVisibility. */
export type ChangeMessageVisibilityCommandOutput = MetadataBearer;

/** API_ChangeMessageVisibilityBatchRequestEntry; seconds. */
export interface ChangeMessageVisibilityBatchRequestEntry {
  Id: string | undefined;
  ReceiptHandle: string | undefined;
  VisibilityTimeout?: number | undefined;
}
/** API_ChangeMessageVisibilityBatch; 1 to 10 entries. */
export interface ChangeMessageVisibilityBatchCommandInput {
  QueueUrl: string | undefined;
  Entries: ChangeMessageVisibilityBatchRequestEntry[] | undefined;
}
/** API_ChangeMessageVisibilityBatchResultEntry. */
export interface ChangeMessageVisibilityBatchResultEntry {
  Id: string | undefined;
}
/** API_ChangeMessageVisibilityBatch. */
export type ChangeMessageVisibilityBatchCommandOutput = BatchResult<ChangeMessageVisibilityBatchResultEntry>;

/** API_GetQueueUrl. */
export interface GetQueueUrlCommandInput {
  QueueName: string | undefined;
  QueueOwnerAWSAccountId?: string | undefined;
}
/** API_GetQueueUrl. */
export interface GetQueueUrlCommandOutput extends MetadataBearer {
  QueueUrl?: string | undefined;
}

/** API_GetQueueAttributes; without names none are answered. */
export interface GetQueueAttributesCommandInput {
  QueueUrl: string | undefined;
  AttributeNames?: QueueAttributeName[] | undefined;
}
/** API_GetQueueAttributes; counts and seconds are texts. */
export interface GetQueueAttributesCommandOutput extends MetadataBearer {
  Attributes?: Partial<Record<QueueAttributeName, string>> | undefined;
}

/** API_CreateQueue; counts and seconds are texts. */
export interface CreateQueueCommandInput {
  QueueName: string | undefined;
  Attributes?: Partial<Record<QueueAttributeName, string>> | undefined;
  tags?: Record<string, string> | undefined;
}
/** API_CreateQueue. */
export interface CreateQueueCommandOutput extends MetadataBearer {
  QueueUrl?: string | undefined;
}
/** API_PurgeQueue. */
export interface PurgeQueueCommandInput {
  QueueUrl: string | undefined;
}
/** API_PurgeQueue. */
export type PurgeQueueCommandOutput = MetadataBearer;
/** API_DeleteQueue. */
export interface DeleteQueueCommandInput {
  QueueUrl: string | undefined;
}
/** API_DeleteQueue. */
export type DeleteQueueCommandOutput = MetadataBearer;
