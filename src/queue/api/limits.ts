/**
 * What SQS accepts (Developer Guide, quotas-messages; API Reference), checked where no server does it: by the embedded queue,
 * and before a request to a queue that is laxer. Pure; each check throws the error that SQS answers with.
 */
import { quote } from "../../vocabulary/errors.ts";
import { type SQSServiceException, serviceException } from "./error.ts";
import type { BatchResultErrorEntry, MessageAttributeValue } from "./shapes.ts";

/** Bytes of a message, its attributes included, and of all messages of a batch. */
export const MAX_MESSAGE_BYTES = 1_048_576;
export const MAX_BATCH_ENTRIES = 10;
export const MAX_DELAY_SECONDS = 900;
/** Also the longest that one receive may hide a message, all extensions taken together. */
export const MAX_VISIBILITY_SECONDS = 43_200;
export const MAX_WAIT_SECONDS = 20;
export const MAX_IN_FLIGHT = 120_000;
export const MAX_ATTRIBUTES = 10;

/** A required text; SQS answers MissingParameter for an absent one. */
export function required(value: string | undefined, parameter: string): string {
  if (value === undefined || value === "") {
    throw serviceException("MissingParameter", `The request must contain the parameter ${parameter}.`);
  }
  return value;
}

/** A whole number of a range, or undefined where it was not given. */
export function within(value: number | undefined, parameter: string, from: number, to: number): number | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < from || value > to) {
    throw serviceException(
      "InvalidParameterValue",
      `Value ${value} for parameter ${parameter} is invalid. Reason: Must be between ${from} and ${to}, if provided.`,
    );
  }
  return value;
}

// #x9 | #xA | #xD | #x20–#xD7FF | #xE000–#xFFFD | #x10000–#x10FFFF; with the u flag a lone surrogate is a character of its own.
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** The text with U+FFFD for each character that a message may not hold. */
export function withAllowedCharacters(text: string): string {
  return text.replace(new RegExp(FORBIDDEN, "gu"), "\u{FFFD}");
}

function checkCharacters(text: string, what: string): void {
  const found = FORBIDDEN.exec(text);
  if (found) {
    const point = found[0].codePointAt(0)?.toString(16).toUpperCase();
    throw serviceException(
      "InvalidMessageContents",
      `Invalid characters found in ${what}: #x${point} at ${found.index}. Valid are #x9, #xA, #xD, #x20 to #xD7FF, #xE000 to #xFFFD and #x10000 to #x10FFFF.`,
    );
  }
}

const ATTRIBUTE_NAME = /^(?!(?:aws|amazon)\.)(?!\.)(?!.*\.\.)(?!.*\.$)[A-Za-z0-9_.-]{1,256}$/i;
const ATTRIBUTE_TYPE = /^(String|Number|Binary)(\..+)?$/;

function invalidAttribute(name: string, reason: string): SQSServiceException {
  return serviceException(
    "InvalidParameterValue",
    `The message attribute ${quote(name)} is invalid. Reason: ${reason}`,
  );
}

function checkAttribute(name: string, value: MessageAttributeValue): number {
  if (!ATTRIBUTE_NAME.test(name)) {
    throw invalidAttribute(
      name,
      "A name has 1 to 256 of A-Z a-z 0-9 _ - and single dots within, and does not begin with AWS. or Amazon.",
    );
  }
  const type = ATTRIBUTE_TYPE.exec(value.DataType ?? "")?.[1];
  if (type === undefined || (value.DataType ?? "").length > 256) {
    throw invalidAttribute(
      name,
      `DataType ${quote(value.DataType)} must be String, Number or Binary, with an optional .label.`,
    );
  }
  if ((value.StringListValues?.length ?? 0) > 0 || (value.BinaryListValues?.length ?? 0) > 0) {
    throw serviceException(
      "UnsupportedOperation",
      `The message attribute ${quote(name)} holds a list; lists are not supported.`,
    );
  }
  const content = type === "Binary" ? value.BinaryValue : value.StringValue;
  if (content === undefined || content.length === 0) {
    throw invalidAttribute(
      name,
      `A ${type} attribute must have a ${type === "Binary" ? "BinaryValue" : "StringValue"}.`,
    );
  }
  if (type === "Number" && !Number.isFinite(Number(content))) throw invalidAttribute(name, "The value is no number.");
  if (typeof content === "string") checkCharacters(content, `the message attribute ${quote(name)}`);
  return (
    Buffer.byteLength(name) +
    Buffer.byteLength(value.DataType ?? "") +
    (typeof content === "string" ? Buffer.byteLength(content) : content.byteLength)
  );
}

interface Content {
  readonly MessageBody?: string | undefined;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttributeValue>> | undefined;
}

/** Bytes that count towards the limits; no check. */
export function messageBytes(message: Content): number {
  let bytes = Buffer.byteLength(message.MessageBody ?? "");
  for (const [name, value] of Object.entries(message.MessageAttributes ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value.DataType ?? "");
    bytes += value.BinaryValue?.byteLength ?? Buffer.byteLength(value.StringValue ?? "");
  }
  return bytes;
}

/** Checks body, attributes and size; the body. */
export function checkMessage(message: Content, maxBytes: number = MAX_MESSAGE_BYTES): string {
  const body = required(message.MessageBody, "MessageBody");
  const attributes = Object.entries(message.MessageAttributes ?? {});
  if (attributes.length > MAX_ATTRIBUTES) {
    throw serviceException(
      "InvalidParameterValue",
      `Number of message attributes [${attributes.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    );
  }
  let bytes = Buffer.byteLength(body);
  for (const [name, value] of attributes) bytes += checkAttribute(name, value);
  if (bytes > maxBytes) {
    throw serviceException(
      "InvalidParameterValue",
      `One or more parameters are invalid. Reason: Message must be shorter than ${maxBytes} bytes, it has ${bytes}.`,
    );
  }
  checkCharacters(body, "the message body");
  return body;
}

const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

/** Checks what concerns a batch as a whole; its entries. */
export function checkBatch<Entry extends { Id: string | undefined }>(entries: Entry[] | undefined): readonly Entry[] {
  if (entries === undefined || entries.length === 0) {
    throw serviceException("EmptyBatchRequest", "There should be at least one entry in the batch request.");
  }
  if (entries.length > MAX_BATCH_ENTRIES) {
    throw serviceException(
      "TooManyEntriesInBatchRequest",
      `Maximum number of entries per request are ${MAX_BATCH_ENTRIES}. You have sent ${entries.length}.`,
    );
  }
  const ids = new Set<string>();
  for (const { Id } of entries) {
    if (Id === undefined || !ENTRY_ID.test(Id)) {
      throw serviceException(
        "InvalidBatchEntryId",
        `The batch entry id ${quote(Id)} is invalid: it must have 1 to 80 of A-Z a-z 0-9 _ -.`,
      );
    }
    if (ids.has(Id)) throw serviceException("BatchEntryIdsNotDistinct", `Id ${Id} repeated.`);
    ids.add(Id);
  }
  return entries;
}

export function checkBatchBytes(entries: readonly Content[]): void {
  const bytes = entries.reduce((sum, entry) => sum + messageBytes(entry), 0);
  if (bytes > MAX_MESSAGE_BYTES) {
    throw serviceException(
      "BatchRequestTooLong",
      `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes. You have sent ${bytes} bytes.`,
    );
  }
}

/** One entry's failure, as a batch reports it. */
export function failedEntry(Id: string | undefined, error: SQSServiceException): BatchResultErrorEntry {
  return { Id, SenderFault: error.$fault === "client", Code: error.name, Message: error.message };
}
