/**
 * What a queue's body holds: the text of a message, perhaps with a byte order mark before it, and perhaps in the envelope of who passed it
 * on. SNS notifications (without raw message delivery), EventBridge events and CloudEvents are opened. What a bucket says of its own
 * objects is told from a message, with what to send instead, and the test event that S3 sends once is nothing at all. Pure.
 *
 * Documents: SNS developer guide, "Raw message delivery"; EventBridge user guide, "Event structure"; S3 user guide, "Event message
 * structure"; COS event notifications 583/9707.
 */
import { quote, UserError } from "../../vocabulary/errors.ts";

export type Opened =
  /** To be read as a message. `within`: what it came in, for sentences. */
  | { readonly kind: "value"; readonly value: unknown; readonly within: string }
  /** There is nothing to do; `what` for the log. */
  | { readonly kind: "nothing"; readonly what: string };

/** A message of ours has four levels; deeper ones are attempts at a reader's stack. */
const DEEPEST = 64;
/**
 * Characters. Queues take a MiB; what streams bring, or whoever invokes a function, may be longer, and takes many times as much memory once it is
 * read.
 */
const LONGEST = 8 * 1024 ** 2;
/** An event in a notification, and one to spare. */
const MOST_ENVELOPES = 3;

/** @throws UserError `InvalidMessage`, one sentence */
export function openBody(body: string): Opened {
  if (body.length > LONGEST) {
    const is = `The message ${quote(body.slice(0, 200))} has ${body.length} characters`;
    throw invalid(
      `${is}, of which at most ${LONGEST} are read; put its keys into a manifest in a bucket, and let \`manifest\` name that`,
    );
  }
  let value = parse(body, "The message");
  let within = "";
  for (let opened = 0; isRecord(value) && opened < MOST_ENVELOPES; opened++) {
    if (value.Event === "s3:TestEvent" && typeof value.Bucket === "string") {
      return {
        kind: "nothing",
        what: `the test event that S3 sends when notifications of ${quote(value.Bucket)} are set`,
      };
    }
    if (value.Type === "SubscriptionConfirmation" || value.Type === "UnsubscribeConfirmation") {
      throw invalid(
        `The message is an SNS ${value.Type} of ${quote(value.TopicArn)}; confirm the subscription of the queue`,
      );
    }
    const bucketEvent = bucketEventIn(value);
    if (bucketEvent !== undefined) throw invalid(bucketEvent);
    if (value.Type === "Notification" && typeof value.Message === "string" && "TopicArn" in value) {
      within = " in an SNS notification (raw message delivery would bring it alone)";
      value = parse(value.Message, `The message${within}`);
    } else if (typeof value["detail-type"] === "string" && "detail" in value) {
      within = ` in the \`detail\` of the EventBridge event ${quote(value["detail-type"])}`;
      value = value.detail;
    } else if (typeof value.specversion === "string" && "data" in value) {
      within = ` in the \`data\` of the CloudEvent ${quote(value.type)}`;
      value = typeof value.data === "string" ? parse(value.data, `The message${within}`) : value.data;
    } else break;
  }
  return { kind: "value", value, within };
}

function parse(text: string, what: string): unknown {
  // Editors and PowerShell put it there.
  const bare = text.replace(/^\uFEFF/, "");
  if (isDeep(bare))
    throw invalid(`${what} ${quote(bare)} is nested more than ${DEEPEST} levels deep, and none of this tool is`);
  try {
    return JSON.parse(bare);
  } catch (cause) {
    throw new UserError("InvalidMessage", `${what} ${quote(bare)} is not JSON.`, { cause });
  }
}

/** Told by its brackets alone, so that nothing has to go down there. */
function isDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const unit = text[at];
    if (inString) {
      if (unit === "\\") at++;
      else if (unit === '"') inString = false;
    } else if (unit === '"') inString = true;
    else if (unit === "[" || unit === "{") {
      if (++depth > DEEPEST) return true;
    } else if (unit === "]" || unit === "}") depth--;
  }
  return false;
}

/** What a bucket says of one of its objects, as a sentence that ends in what to send instead; undefined where it is none. */
function bucketEventIn(value: Readonly<Record<string, unknown>>): string | undefined {
  const record = Array.isArray(value.Records) ? value.Records[0] : undefined;
  if (isRecord(record) && isRecord(record.s3)) {
    const { bucket, object } = record.s3;
    // Its key is encoded as forms are.
    return sentence(at(bucket, "name"), record.eventName, decoded(at(object, "key")));
  }
  if (isRecord(record) && isRecord(record.cos)) {
    const { cosBucket, cosObject } = record.cos;
    const name = `${String(at(cosBucket, "name"))}-${String(at(cosBucket, "appid"))}`;
    const key = at(cosObject, "key");
    return sentence(
      name,
      at(record.event, "eventName"),
      typeof key === "string" ? key.replace(/^\/[^/]*\/[^/]*\//, "") : key,
    );
  }
  if (value.source !== "aws.s3" || !isRecord(value.detail)) return undefined;
  return sentence(at(value.detail.bucket, "name"), value["detail-type"], at(value.detail.object, "key"));
}

function sentence(bucket: unknown, event: unknown, key: unknown): string {
  return `The message is an event of the bucket ${quote(bucket)} (${quote(event)} of ${quote(key)}), and none of this tool; send a manifest message instead, as {"v":1,"type":"manifest","source":{…},"archive":{…},"keys":[${quote(key)}]}`;
}

const at = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined);

function decoded(key: unknown): unknown {
  if (typeof key !== "string") return key;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(text: string): UserError {
  return new UserError("InvalidMessage", `${text}.`);
}
