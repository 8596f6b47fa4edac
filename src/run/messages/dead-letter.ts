/** What a dead letter says of itself, as message attributes: why it can't be worked, which message it was, and of which queue. Pure. */

import { MAX_ATTRIBUTES, withAllowedCharacters } from "../../queue/api/limits.ts";
import type { MessageAttributeValue } from "../../queue/index.ts";

export type Attributes = Readonly<Record<string, MessageAttributeValue>>;

export interface DeadLetter {
  /** Sent on unchanged. */
  readonly body: string;
  /** One sentence. */
  readonly reason: string;
  /** The queue's own id of the message, or what an event names it by. */
  readonly messageId?: string | undefined;
  /** What it carried already; kept as far as ten in all allow. */
  readonly attributes?: Attributes | undefined;
}

/** UTF-16 units of one value: the reason is to be read, and a body may be as long as the queue takes. */
const LONGEST = 1_000;

/** @param now milliseconds since the epoch */
export function attributesOf(letter: DeadLetter, queueUrl: string | undefined, now: number): Attributes {
  const own = {
    ...text("OriginalsReason", letter.reason),
    ...text("OriginalsMessageId", letter.messageId),
    ...text("OriginalsQueue", queueUrl?.replace(/\/\/[^/@]*@/, "//").replace(/[?#].*$/s, "")),
    ...text("OriginalsRejectedAt", new Date(now).toISOString()),
  };
  const carried = Object.entries(letter.attributes ?? {})
    .filter(([name]) => !Object.hasOwn(own, name))
    .map(([name, { DataType, StringValue, BinaryValue }]) => [name, { DataType, StringValue, BinaryValue }] as const);
  return { ...own, ...Object.fromEntries(carried.slice(0, MAX_ATTRIBUTES - Object.keys(own).length)) };
}

function text(name: string, value: string | undefined): Record<string, MessageAttributeValue> {
  if (value === undefined || value === "") return {};
  const short = value.length <= LONGEST ? value : `${value.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
  return { [name]: { DataType: "String", StringValue: withAllowedCharacters(short) } };
}
