/**
 * What Tencent SCF invokes the function with. Its documents disagree with each other in places, so both spellings are
 * read: `Partition` for `partition`, a comma string for the list `msgTag`, and the string "None" for a key that is absent.
 *
 * Documents: CKafka trigger 583/17530, CMQ topic trigger 583/11517 (legacy), timer trigger 583/9708, COS trigger 583/9707,
 * EventBridge 583/59100 (CloudEvents 1.0, an array where batching is on).
 */
import * as z from "zod";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { messageText } from "./message-text.ts";

/** A message that a queue pushed, or had pulled for it. All such paths deliver at least once. */
export interface PushedMessage {
  readonly body: string;
  /** Names the message in logs: topic/partition/offset, a message's or an event's id. */
  readonly id: string;
}

export interface StoredObject {
  /** NAME-APPID */
  readonly bucket: string;
  /** Where the event's URL tells it. */
  readonly region?: string | undefined;
  readonly key: string;
  /** `cos:ObjectCreated:Put` */
  readonly eventName: string;
}

export type ScfEvent =
  | { readonly kind: "timer"; readonly at: string; readonly task: TimerTask }
  /** Somebody calls the function with a message, and may wait for what it returns. */
  | { readonly kind: "message"; readonly message: PushedMessage }
  | { readonly kind: "messages"; readonly messages: readonly PushedMessage[] }
  | { readonly kind: "objects"; readonly objects: readonly StoredObject[] };

/** What a timer's own text asks for: to work what the queue holds, or to start the scheduled run. */
export type TimerTask = "poll" | "list";

const instant = z.iso.datetime({ offset: true });
const timerSchema = z.object({ Type: z.literal("Timer"), Time: instant, Message: z.string().optional() });

const absent = (text: string | undefined) => (text === undefined || text === "None" || text === "" ? undefined : text);

const ckafkaSchema = z.object({
  Ckafka: z.object({
    topic: z.string(),
    partition: z.number().optional(),
    Partition: z.number().optional(),
    offset: z.number(),
    msgKey: z.string().nullish(),
    msgBody: z.string(),
  }),
});

const cmqSchema = z.object({
  CMQ: z.object({
    type: z.enum(["topic", "queue"]).optional(),
    topicName: z.string().optional(),
    msgId: z.union([z.string(), z.number()]).transform(String),
    msgBody: z.string(),
    msgTag: z.union([z.array(z.string()), z.string()]).optional(),
  }),
});

const cosSchema = z.object({
  cos: z.object({
    cosObject: z.object({ key: z.string(), url: z.string().optional() }),
    cosBucket: z.object({ name: z.string(), appid: z.union([z.string(), z.number()]).transform(String) }),
  }),
  event: z.object({ eventName: z.string() }),
});

const cloudEventSchema = z.object({ specversion: z.string(), id: z.string(), data: z.unknown() });

/** Throws UserError `InvalidEvent`, one sentence, for what is none of these. */
export function decodeScfEvent(event: unknown): ScfEvent {
  if (Array.isArray(event)) return { kind: "messages", messages: event.map(decodeCloudEvent) };
  if (typeof event !== "object" || event === null) throw invalid(`The event ${quote(event)} is no object`);
  if ("specversion" in event) return { kind: "messages", messages: [decodeCloudEvent(event, 0)] };
  if ("Type" in event) return decodeTimer(event);
  if ("v" in event && "type" in event) {
    return { kind: "message", message: { body: messageText(event), id: "direct invocation" } };
  }
  if ("Records" in event && Array.isArray(event.Records) && event.Records.length > 0)
    return decodeRecords(event.Records);
  throw invalid(
    `The event ${quote(event)} is neither of a timer, CKafka, CMQ, COS or EventBridge trigger nor a message of this tool`,
  );
}

function decodeTimer(event: object): ScfEvent {
  const { Time, Message } = parse(timerSchema, event, "The timer's event");
  const text = absent(Message?.trim()) ?? "poll";
  if (text !== "poll" && text !== "list") {
    throw invalid(
      `The timer's text is ${quote(text)}; it must be "poll" (or empty) to work the queue, or "list" to start a run`,
    );
  }
  return { kind: "timer", at: Time, task: text };
}

function decodeRecords(records: readonly unknown[]): ScfEvent {
  const first = records[0];
  const kind = ["Ckafka", "CMQ", "cos"].find((name) => typeof first === "object" && first !== null && name in first);
  const what = (index: number) => `The event's record ${index + 1}`;
  if (kind === "Ckafka") {
    const messages = records.map((record, index) => {
      const { topic, partition, Partition, offset, msgBody } = parse(ckafkaSchema, record, what(index)).Ckafka;
      return { body: msgBody, id: `${topic}/${partition ?? Partition ?? "?"}/${offset}` };
    });
    return { kind: "messages", messages };
  }
  if (kind === "CMQ") {
    const messages = records.map((record, index) => {
      const { msgId, msgBody, topicName } = parse(cmqSchema, record, what(index)).CMQ;
      return { body: msgBody, id: topicName === undefined ? msgId : `${topicName}/${msgId}` };
    });
    return { kind: "messages", messages };
  }
  if (kind === "cos")
    return { kind: "objects", objects: records.map((record, index) => decodeObject(record, what(index))) };
  throw invalid(`The event's record 1, ${quote(first)}, is neither of CKafka, CMQ nor COS`);
}

function decodeObject(record: unknown, what: string): StoredObject {
  const { cos, event } = parse(cosSchema, record, what);
  const bucket = `${cos.cosBucket.name}-${cos.cosBucket.appid}`;
  // The key comes as /<appid>/<bucket without appid>/<key>; what follows that may begin with anything.
  const before = `/${cos.cosBucket.appid}/${cos.cosBucket.name}/`;
  if (!cos.cosObject.key.startsWith(before)) {
    throw invalid(`${what} has the object key ${quote(cos.cosObject.key)}, which does not begin with ${quote(before)}`);
  }
  const region = /^https?:\/\/[^/]*\.cos\.([a-z0-9-]+)\.myqcloud\.com\//.exec(cos.cosObject.url ?? "")?.[1];
  return { bucket, region, key: cos.cosObject.key.slice(before.length), eventName: event.eventName };
}

/** An event whose data is a message of this tool, as an object or as text; or a queue's record with a `msgBody`. */
function decodeCloudEvent(event: unknown, index: number): PushedMessage {
  const { id, data } = parse(cloudEventSchema, event, `The event ${index + 1} of the batch`);
  if (typeof data === "string") return { body: data, id };
  if (typeof data === "object" && data !== null) {
    if ("msgBody" in data && typeof data.msgBody === "string") return { body: data.msgBody, id };
    return { body: messageText(data), id };
  }
  throw invalid(`The event ${index + 1} of the batch has the data ${quote(data)}, which is no message`);
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  const why = (issue?.message ?? "it is not as documented").replace("Invalid input: ", "");
  throw invalid(field === "" ? `${what} is no object` : `${what} has no valid \`${field}\`: ${why}`);
}

function invalid(sentence: string): UserError {
  return new UserError("InvalidEvent", `${sentence}.`);
}
