/**
 * SQS JSON 1.0 on the wire (API Reference, "Making Query API requests using AWS JSON protocol"): how inputs, outputs and errors
 * look there. Pure. Answers are parsed here once; one of another shape comes from an endpoint that speaks something else.
 */
import * as z from "zod";
import { UserError } from "../../vocabulary/errors.ts";
import type { Redact } from "../../vocabulary/redaction.ts";
import { isModeled, type SQSServiceException, serviceException } from "../api/error.ts";
import type { Action } from "../api/transport.ts";
import { type Answer, beginningOf } from "./exchange.ts";

/** Binary values travel as base64. */
export function encodeInput(input: object): string {
  return JSON.stringify(input, (_name, value: unknown) => {
    // A Buffer arrives here as what its toJSON made of it.
    if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
    if (isSerializedBuffer(value)) return Buffer.from(value.data).toString("base64");
    return value;
  });
}

function isSerializedBuffer(value: unknown): value is { type: "Buffer"; data: number[] } {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    value.type === "Buffer" &&
    "data" in value &&
    Array.isArray(value.data)
  );
}

/** JSON null is an absent member. */
const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);
const text = () => optional(z.string());
const binary = () => z.string().transform((base64) => new Uint8Array(Buffer.from(base64, "base64")));
const attribute = () =>
  z.object({
    StringValue: text(),
    BinaryValue: optional(binary()),
    StringListValues: optional(z.array(z.string())),
    BinaryListValues: optional(z.array(binary())),
    DataType: text(),
  });
const failed = () =>
  z.object({ Id: z.string(), SenderFault: z.boolean().default(false), Code: z.string(), Message: text() });
const batch = <T extends z.ZodType>(entry: T) =>
  z
    .object({ Successful: z.array(entry).nullish(), Failed: z.array(failed()).nullish() })
    .refine((result) => result.Successful ?? result.Failed)
    .transform((result) => ({ Successful: result.Successful ?? [], Failed: result.Failed ?? [] }));
const id = () => z.object({ Id: z.string() });
const sent = () => ({
  MessageId: z.string(),
  MD5OfMessageBody: z.string(),
  MD5OfMessageAttributes: text(),
  MD5OfMessageSystemAttributes: text(),
  SequenceNumber: text(),
});
const attributes = () => optional(z.record(z.string(), z.string()));
const nothing = z.lazy(() => z.object({}).transform(() => ({})));
const queueUrl = z.lazy(() => z.object({ QueueUrl: z.string() }));

// Each is made when the first of its kind comes: to make them all at a function's start takes milliseconds.
export const outputShapes = {
  SendMessage: z.lazy(() => z.object(sent())),
  SendMessageBatch: z.lazy(() => batch(z.object({ ...sent(), Id: z.string() }))),
  ReceiveMessage: z.lazy(() =>
    z.object({
      Messages: optional(
        z.array(
          z.object({
            MessageId: z.string(),
            ReceiptHandle: z.string(),
            Body: z.string(),
            MD5OfBody: z.string(),
            Attributes: attributes(),
            MD5OfMessageAttributes: text(),
            MessageAttributes: optional(z.record(z.string(), attribute())),
          }),
        ),
      ),
    }),
  ),
  DeleteMessage: nothing,
  DeleteMessageBatch: z.lazy(() => batch(id())),
  ChangeMessageVisibility: nothing,
  ChangeMessageVisibilityBatch: z.lazy(() => batch(id())),
  GetQueueUrl: queueUrl,
  GetQueueAttributes: z.lazy(() => z.object({ Attributes: attributes() })),
  CreateQueue: queueUrl,
  PurgeQueue: nothing,
  DeleteQueue: nothing,
} as const satisfies { readonly [A in Action]: z.ZodType };

export type WireOutput<A extends Action> = z.infer<(typeof outputShapes)[A]>;

const errorShape = z.lazy(() =>
  z.object({
    __type: z.string(),
    message: z.string().nullish(),
    Message: z.string().nullish(),
  }),
);

/** The output, or what the answer's error says thrown. `origin` is for messages. */
export function decodeAnswer<A extends Action>(action: A, answer: Answer, origin: string): WireOutput<A> {
  const requestId = answer.header("x-amzn-requestid");
  const $metadata = { httpStatusCode: answer.status, ...(requestId === undefined ? {} : { requestId }) };
  const json = parseJson(answer.text);
  if (answer.status >= 200 && answer.status < 300) {
    // Actions without an output may answer with no body at all.
    const output = outputShapes[action].safeParse(answer.text === "" ? {} : json);
    if (output.success) return withToldFailures(output.data as WireOutput<A>, answer.redact);
    throw otherProtocol(action, answer, origin);
  }
  const error = errorShape.safeParse(json);
  if (error.success) {
    const { __type, message, Message } = error.data;
    return refuse(
      answer.redact(errorName(__type, answer.header("x-amzn-query-error"))),
      answer.redact(message ?? Message ?? ""),
      answer.status,
      $metadata,
    );
  }
  if (answer.status >= 500 || answer.status === 429) {
    // A load balancer's page in front of the right endpoint looks like this too, and passes.
    return refuse(
      answer.status === 429 ? "RequestThrottled" : "ServiceUnavailable",
      `${origin} answered ${action} with ${summary(answer)}; if this goes on, check that it speaks the SQS JSON 1.0 protocol.`,
      answer.status,
      $metadata,
    );
  }
  throw otherProtocol(action, answer, origin);
}

/** What a batch says of entries that failed is text for people too. */
function withToldFailures<T>(output: T, redact: Redact): T {
  if (typeof output !== "object" || output === null || !("Failed" in output) || !Array.isArray(output.Failed)) {
    return output;
  }
  const failed: readonly { readonly Message?: string | undefined }[] = output.Failed;
  const told = failed.map((entry) =>
    entry.Message === undefined ? entry : { ...entry, Message: redact(entry.Message) },
  );
  return { ...output, Failed: told };
}

function refuse(name: string, message: string, status: number, $metadata: SQSServiceException["$metadata"]): never {
  throw serviceException(name, message === "" ? name : message, {
    $metadata,
    $fault: status >= 500 ? "server" : "client",
  });
}

const OLD_NAMES: Readonly<Record<string, string>> = {
  NonExistentQueue: "QueueDoesNotExist",
  QueueAlreadyExists: "QueueNameExists",
};

/**
 * `com.amazonaws.sqs#QueueDoesNotExist` without its namespace. Names of the older Query protocol (`x-amzn-query-error:
 * AWS.SimpleQueueService.NonExistentQueue;Sender`, or as the type itself) are translated.
 */
export function errorName(type: string, queryError: string | undefined): string {
  const name = translated(type.slice(type.indexOf("#") + 1).replace(/:.*$/, ""));
  if (isModeled(name) || queryError === undefined) return name;
  const old = translated(queryError.split(";")[0] ?? "");
  return old === "" ? name : old;
}

function translated(name: string): string {
  const bare = name.replace(/^AWS\.SimpleQueueService\./, "").trim();
  return OLD_NAMES[bare] ?? bare;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function summary(answer: Answer): string {
  const type = answer.header("content-type") ?? "no content type";
  return `HTTP ${answer.status}, ${type}, ${beginningOf(answer)}`;
}

/** The one sentence for every way of reaching something that is no SQS, or an SQS of before the JSON protocol. */
function otherProtocol(action: Action, answer: Answer, origin: string): UserError {
  return new UserError(
    "NotSqsJson",
    `The queue endpoint ${origin} answered ${action} with ${summary(answer)}, which is not the SQS JSON 1.0 protocol that an sqs: queue must speak; check the queue URL and the endpoint (AWS_ENDPOINT_URL_SQS, a proxy on the way), and whether the service or its version has only the older XML (Query) protocol.`,
  );
}
