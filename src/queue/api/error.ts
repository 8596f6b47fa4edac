/**
 * The errors of the queue, by the names `@aws-sdk/client-sqs` gives them (API Reference, the Errors section of each action).
 * `instanceof QueueDoesNotExist` and `error.name === "QueueDoesNotExist"` both work; an error without a class of its own is
 * an SQSServiceException with the service's name for it (`InvalidParameterValue`, `MissingParameter`, `AccessDenied`, …).
 */
import type { ResponseMetadata } from "./shapes.ts";

export interface ServiceExceptionOptions {
  readonly name: string;
  readonly $fault: "client" | "server";
  readonly message: string;
  readonly $metadata?: ResponseMetadata | undefined;
  readonly cause?: unknown;
}

export class SQSServiceException extends Error {
  override readonly name: string;
  /** Whose mistake it was. */
  readonly $fault: "client" | "server";
  readonly $service = "SQS";
  readonly $metadata: ResponseMetadata;

  constructor(options: ServiceExceptionOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = options.name;
    this.$fault = options.$fault;
    this.$metadata = options.$metadata ?? {};
  }
}

type NamedOptions = Omit<ServiceExceptionOptions, "name" | "$fault">;

function exception<const N extends string>(name: N) {
  return class extends SQSServiceException {
    declare readonly name: N;
    constructor(options: NamedOptions) {
      super({ ...options, name, $fault: "client" });
    }
  };
}

export const QueueDoesNotExist = exception("QueueDoesNotExist");
export type QueueDoesNotExist = InstanceType<typeof QueueDoesNotExist>;
export const QueueNameExists = exception("QueueNameExists");
export type QueueNameExists = InstanceType<typeof QueueNameExists>;
export const QueueDeletedRecently = exception("QueueDeletedRecently");
export type QueueDeletedRecently = InstanceType<typeof QueueDeletedRecently>;
export const PurgeQueueInProgress = exception("PurgeQueueInProgress");
export type PurgeQueueInProgress = InstanceType<typeof PurgeQueueInProgress>;
export const ReceiptHandleIsInvalid = exception("ReceiptHandleIsInvalid");
export type ReceiptHandleIsInvalid = InstanceType<typeof ReceiptHandleIsInvalid>;
export const MessageNotInflight = exception("MessageNotInflight");
export type MessageNotInflight = InstanceType<typeof MessageNotInflight>;
export const OverLimit = exception("OverLimit");
export type OverLimit = InstanceType<typeof OverLimit>;
export const RequestThrottled = exception("RequestThrottled");
export type RequestThrottled = InstanceType<typeof RequestThrottled>;
export const UnsupportedOperation = exception("UnsupportedOperation");
export type UnsupportedOperation = InstanceType<typeof UnsupportedOperation>;
export const TooManyEntriesInBatchRequest = exception("TooManyEntriesInBatchRequest");
export type TooManyEntriesInBatchRequest = InstanceType<typeof TooManyEntriesInBatchRequest>;
export const BatchEntryIdsNotDistinct = exception("BatchEntryIdsNotDistinct");
export type BatchEntryIdsNotDistinct = InstanceType<typeof BatchEntryIdsNotDistinct>;
export const EmptyBatchRequest = exception("EmptyBatchRequest");
export type EmptyBatchRequest = InstanceType<typeof EmptyBatchRequest>;
export const InvalidBatchEntryId = exception("InvalidBatchEntryId");
export type InvalidBatchEntryId = InstanceType<typeof InvalidBatchEntryId>;
export const BatchRequestTooLong = exception("BatchRequestTooLong");
export type BatchRequestTooLong = InstanceType<typeof BatchRequestTooLong>;
export const InvalidMessageContents = exception("InvalidMessageContents");
export type InvalidMessageContents = InstanceType<typeof InvalidMessageContents>;
export const InvalidAttributeName = exception("InvalidAttributeName");
export type InvalidAttributeName = InstanceType<typeof InvalidAttributeName>;
export const InvalidAttributeValue = exception("InvalidAttributeValue");
export type InvalidAttributeValue = InstanceType<typeof InvalidAttributeValue>;
export const InvalidAddress = exception("InvalidAddress");
export type InvalidAddress = InstanceType<typeof InvalidAddress>;
export const InvalidSecurity = exception("InvalidSecurity");
export type InvalidSecurity = InstanceType<typeof InvalidSecurity>;
export const InvalidIdFormat = exception("InvalidIdFormat");
export type InvalidIdFormat = InstanceType<typeof InvalidIdFormat>;
export const ResourceNotFoundException = exception("ResourceNotFoundException");
export type ResourceNotFoundException = InstanceType<typeof ResourceNotFoundException>;

const classes: ReadonlyMap<string, new (options: NamedOptions) => SQSServiceException> = new Map(
  Object.entries({
    QueueDoesNotExist,
    QueueNameExists,
    QueueDeletedRecently,
    PurgeQueueInProgress,
    ReceiptHandleIsInvalid,
    MessageNotInflight,
    OverLimit,
    RequestThrottled,
    UnsupportedOperation,
    TooManyEntriesInBatchRequest,
    BatchEntryIdsNotDistinct,
    EmptyBatchRequest,
    InvalidBatchEntryId,
    BatchRequestTooLong,
    InvalidMessageContents,
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidAddress,
    InvalidSecurity,
    InvalidIdFormat,
    ResourceNotFoundException,
  }),
);

/** Has this name a class of its own? */
export function isModeled(name: string): boolean {
  return classes.has(name);
}

/** The error of that name, of the class that belongs to it. */
export function serviceException(
  name: string,
  message: string,
  more: { readonly $fault?: "client" | "server"; readonly $metadata?: ResponseMetadata; readonly cause?: unknown } = {},
): SQSServiceException {
  const Class = classes.get(name);
  if (Class) return new Class({ message, $metadata: more.$metadata, cause: more.cause });
  return new SQSServiceException({ name, message, $fault: "client", ...more });
}

/** No answer came from the queue's endpoint; the same call may succeed later. `code` is the network's (`ECONNREFUSED`, …). */
export class QueueConnectionError extends Error {
  override readonly name = "QueueConnectionError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What an aborted call ends with, named as the AWS package names it. */
export class AbortError extends Error {
  override readonly name = "AbortError";
  constructor(signal?: AbortSignal) {
    super("The queue request was aborted by its caller.", { cause: signal?.reason });
  }
}

const TRANSIENT = new Set([
  "RequestThrottled",
  "RequestThrottledException",
  "Throttling",
  "ThrottlingException",
  "ThrottledException",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "KmsThrottled",
  "ServiceUnavailable",
  "ServiceUnavailableException",
  "InternalFailure",
  "InternalError",
  "InternalServerError",
  "RequestTimeout",
  "RequestTimeoutException",
]);

/** May the same call succeed a little later? */
export function isTransient(thrown: unknown): boolean {
  if (thrown instanceof QueueConnectionError) return true;
  if (!(thrown instanceof SQSServiceException)) return false;
  const status = thrown.$metadata.httpStatusCode ?? 0;
  return TRANSIENT.has(thrown.name) || status >= 500 || status === 429;
}
