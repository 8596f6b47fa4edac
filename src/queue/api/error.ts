/**
 * The errors of the queue, by the names `@aws-sdk/client-sqs` gives them (API Reference, the Errors section of each action).
 * `instanceof QueueDoesNotExist` and `error.name === "QueueDoesNotExist"` both work; an error without a class of its own is
 * an SQSServiceException with the service's name for it (`InvalidParameterValue`, `MissingParameter`, `AccessDenied`, …).
 */
import type { ResponseMetadata } from "./shapes.ts";

/** What an SQSServiceException is made of. */
export interface ServiceExceptionOptions {
  readonly name: string;
  readonly $fault: "client" | "server";
  readonly message: string;
  readonly $metadata?: ResponseMetadata | undefined;
  readonly cause?: unknown;
}

/**
 * What the queue's service refuses, or could not do. `name` is the service's own name for it (Common Errors, and the Errors section of each
 * action); names that have a class here can be told by `instanceof` too. `isTransient` says whether the same call may succeed later.
 */
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

/** There is no such queue. */
export const QueueDoesNotExist = exception("QueueDoesNotExist");
export type QueueDoesNotExist = InstanceType<typeof QueueDoesNotExist>;
/** CreateQueue: a queue of that name has other attributes. */
export const QueueNameExists = exception("QueueNameExists");
export type QueueNameExists = InstanceType<typeof QueueNameExists>;
/** CreateQueue: a queue of that name was deleted less than a minute ago. */
export const QueueDeletedRecently = exception("QueueDeletedRecently");
export type QueueDeletedRecently = InstanceType<typeof QueueDeletedRecently>;
/** PurgeQueue: it was purged less than a minute ago. */
export const PurgeQueueInProgress = exception("PurgeQueueInProgress");
export type PurgeQueueInProgress = InstanceType<typeof PurgeQueueInProgress>;
/** The receipt handle is none of this queue's. */
export const ReceiptHandleIsInvalid = exception("ReceiptHandleIsInvalid");
export type ReceiptHandleIsInvalid = InstanceType<typeof ReceiptHandleIsInvalid>;
/** ChangeMessageVisibility: the message is visible, so nobody holds it. */
export const MessageNotInflight = exception("MessageNotInflight");
export type MessageNotInflight = InstanceType<typeof MessageNotInflight>;
/** ReceiveMessage: as many messages are in flight as the queue allows. */
export const OverLimit = exception("OverLimit");
export type OverLimit = InstanceType<typeof OverLimit>;
/** Requests come too fast. */
export const RequestThrottled = exception("RequestThrottled");
export type RequestThrottled = InstanceType<typeof RequestThrottled>;
/** This queue has no such operation. */
export const UnsupportedOperation = exception("UnsupportedOperation");
export type UnsupportedOperation = InstanceType<typeof UnsupportedOperation>;
/** A batch has more than 10 entries. */
export const TooManyEntriesInBatchRequest = exception("TooManyEntriesInBatchRequest");
export type TooManyEntriesInBatchRequest = InstanceType<typeof TooManyEntriesInBatchRequest>;
/** Two entries of a batch have one Id. */
export const BatchEntryIdsNotDistinct = exception("BatchEntryIdsNotDistinct");
export type BatchEntryIdsNotDistinct = InstanceType<typeof BatchEntryIdsNotDistinct>;
/** A batch has no entry. */
export const EmptyBatchRequest = exception("EmptyBatchRequest");
export type EmptyBatchRequest = InstanceType<typeof EmptyBatchRequest>;
/** The Id of a batch entry is not 1 to 80 of `A-Z a-z 0-9 _ -`. */
export const InvalidBatchEntryId = exception("InvalidBatchEntryId");
export type InvalidBatchEntryId = InstanceType<typeof InvalidBatchEntryId>;
/** The messages of a batch are longer than 1 MiB together. */
export const BatchRequestTooLong = exception("BatchRequestTooLong");
export type BatchRequestTooLong = InstanceType<typeof BatchRequestTooLong>;
/** A message holds characters that XML 1.0 does not allow. */
export const InvalidMessageContents = exception("InvalidMessageContents");
export type InvalidMessageContents = InstanceType<typeof InvalidMessageContents>;
/** There is no such attribute. */
export const InvalidAttributeName = exception("InvalidAttributeName");
export type InvalidAttributeName = InstanceType<typeof InvalidAttributeName>;
/** An attribute can't have that value. */
export const InvalidAttributeValue = exception("InvalidAttributeValue");
export type InvalidAttributeValue = InstanceType<typeof InvalidAttributeValue>;
/** An id in the request is none. */
export const InvalidAddress = exception("InvalidAddress");
export type InvalidAddress = InstanceType<typeof InvalidAddress>;
/** The request did not come over HTTPS, or its signature is of another version. */
export const InvalidSecurity = exception("InvalidSecurity");
export type InvalidSecurity = InstanceType<typeof InvalidSecurity>;
/** The receipt handle is not valid for the service's present version. */
export const InvalidIdFormat = exception("InvalidIdFormat");
export type InvalidIdFormat = InstanceType<typeof InvalidIdFormat>;
/** A resource that the request names does not exist. */
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
