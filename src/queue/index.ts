/** The exported names of `@aws-sdk/client-sqs`, and the transports that carry its commands out. */

export * from "./api/error.ts";
export type * from "./api/shapes.ts";
export type { Action, Actions, CallOptions, Transport } from "./api/transport.ts";
export { type QueueClient, type SendOptions, SQSClient, type SQSClientConfig } from "./client.ts";
export {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  PurgeQueueCommand,
  type QueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from "./commands.ts";
export { deadLetterQueueOf, queueUrlBeside, type Redrive, redriveOf } from "./dead-letter-queue.ts";
export { type QueueFromUrl, type QueueSigners, type QueueUrlDependencies, queueFromUrl } from "./from-url.ts";
export { createLease, type Lease, type LeaseOptions, type LeaseState, type SettledLease } from "./lease.ts";
export type { AwsCredentials, CredentialsSource, Environment, RegionSource } from "./transports/aws-settings.ts";
export { createMemoryQueues, type MemoryQueues, type MemoryQueuesOptions } from "./transports/memory.ts";
export { createSqsJsonTransport, type SqsJsonOptions } from "./transports/sqs-json.ts";
export { createTdmqCmqTransport, type TdmqCmqOptions } from "./transports/tdmq-cmq.ts";
