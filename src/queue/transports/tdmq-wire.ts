/** What TDMQ for CMQ answers (documents 1111/46415, 46418, 46419, 46420), parsed once. Pure. */
import * as z from "zod";
import { UserError } from "../../vocabulary/errors.ts";
import { serviceException } from "../api/error.ts";
import { type Answer, beginningOf } from "./exchange.ts";

export type TdmqAction =
  | "SendMessage"
  | "BatchSendMessage"
  | "ReceiveMessage"
  | "BatchReceiveMessage"
  | "DeleteMessage"
  | "BatchDeleteMessage";

const OK = 0;
/** Not an error: the wait ended without a message. */
const NO_MESSAGE = 7_000;
const SOME_FAILED = 6_010;
const ALL_FAILED = 6_020;
const NAMES: ReadonlyMap<number, string> = new Map([
  [4_420, "RequestThrottled"],
  [4_440, "QueueDoesNotExist"],
]);
/** Of all 41xx, the family of who asks: keys that are unknown, have ended, may not, or did not sign this. As the newer APIs name it. */
export const AUTH_FAILURE = "AuthFailure";
const nameOf = (code: number): string =>
  NAMES.get(code) ?? (code >= 4_100 && code < 4_200 ? AUTH_FAILURE : "TdmqError");

// Made at its first use, as that of a reply: who speaks to another queue, at a function's start, has none.
const received = z.lazy(() =>
  z.looseObject({
    msgId: z.coerce.string(),
    msgBody: z.string(),
    receiptHandle: z.string(),
    /** Seconds since the epoch. */
    enqueueTime: z.coerce.number().optional(),
  }),
);
export type TdmqMessage = z.infer<typeof received>;

const reply = z.lazy(() =>
  z.looseObject({
    code: z.coerce.number().int(),
    message: z.string().default(""),
    requestId: z.coerce.string().optional(),
    msgId: z.coerce.string().optional(),
    msgList: z.array(z.looseObject({ msgId: z.coerce.string() })).optional(),
    msgInfoList: z.array(received).optional(),
    errorList: z
      .array(z.looseObject({ code: z.coerce.number(), message: z.string().default(""), receiptHandle: z.string() }))
      .optional(),
  }),
);

export interface TdmqReply {
  readonly requestId: string | undefined;
  readonly msgIds: readonly string[];
  readonly messages: readonly TdmqMessage[];
  /** Of a batch deletion. */
  readonly failed: readonly { readonly code: number; readonly message: string; readonly receiptHandle: string }[];
  /** A batch deletion of which nothing succeeded, whatever the list says. */
  readonly allFailed: boolean;
}

/** The reply, or what it refuses thrown. `origin` is for messages. */
export function decodeReply(action: TdmqAction, answer: Answer, origin: string): TdmqReply {
  const parsed = reply.safeParse(parseJson(answer.text));
  if (!parsed.success) {
    if (answer.status >= 500 || answer.status === 429) {
      throw serviceException("ServiceUnavailable", `${origin} answered ${action} with ${summary(answer)}.`, {
        $fault: "server",
        $metadata: { httpStatusCode: answer.status },
      });
    }
    throw otherProtocol(action, answer, origin);
  }
  const { code, message, msgId, msgList = [], msgInfoList = [], errorList = [] } = parsed.data;
  const requestId = parsed.data.requestId === undefined ? undefined : answer.redact(parsed.data.requestId);
  const partly = action === "BatchDeleteMessage" && (code === SOME_FAILED || code === ALL_FAILED);
  if (code !== OK && code !== NO_MESSAGE && !partly) {
    throw serviceException(
      nameOf(code),
      `TDMQ refused ${action} with code ${code}: ${answer.redact(message) || "no message"}.`,
      {
        $fault: answer.status >= 500 ? "server" : "client",
        $metadata: { httpStatusCode: answer.status, ...(requestId === undefined ? {} : { requestId }) },
      },
    );
  }
  const one = action === "ReceiveMessage" && code === OK ? received.safeParse(parsed.data) : undefined;
  const sentIds = action === "SendMessage" ? [msgId] : msgList.map((sent) => sent.msgId);
  if (one?.success === false || sentIds.includes(undefined)) throw otherProtocol(action, answer, origin);
  return {
    requestId,
    msgIds: sentIds.filter((id) => id !== undefined),
    messages: one?.success ? [one.data] : code === OK ? msgInfoList : [],
    failed: errorList.map((failed) => ({ ...failed, message: answer.redact(failed.message) })),
    // Which ones is only known from the list: without it, none can be taken for deleted.
    allFailed: code === ALL_FAILED || (code === SOME_FAILED && errorList.length === 0),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function summary(answer: Answer): string {
  return `HTTP ${answer.status}, ${answer.header("content-type") ?? "no content type"}, ${beginningOf(answer)}`;
}

function otherProtocol(action: TdmqAction, answer: Answer, origin: string): UserError {
  return new UserError(
    "NotTdmqCmq",
    `The queue endpoint ${origin} answered ${action} with ${summary(answer)}, which is not the TDMQ for CMQ protocol that a tdmq: queue must speak; check the endpoint against the console's (public or private domain name of the queue).`,
  );
}
