/**
 * Message attributes on a queue that has none: they travel in the body, as `{"v":1,"attrs":{…},"body":"…"}`. A message without
 * attributes is sent as it is, so that other readers of the queue see plain bodies; only a body that could be taken for an
 * envelope is wrapped all the same.
 */
import * as z from "zod";
import type { MessageAttributeValue } from "../api/shapes.ts";

const envelope = z.lazy(() =>
  z.strictObject({
    v: z.literal(1),
    attrs: z.record(
      z.string(),
      z.strictObject({ DataType: z.string(), StringValue: z.string().optional(), BinaryValue: z.string().optional() }),
    ),
    body: z.string(),
  }),
);

type Attributes = Readonly<Record<string, MessageAttributeValue>>;

export function wrap(body: string, attributes: Attributes = {}): string {
  const entries = Object.entries(attributes);
  if (entries.length === 0 && open(body) === undefined) return body;
  const attrs = Object.fromEntries(
    entries.map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { DataType, StringValue, BinaryValue: BinaryValue && Buffer.from(BinaryValue).toString("base64") },
    ]),
  );
  return JSON.stringify({ v: 1, attrs, body });
}

export function unwrap(text: string): { readonly body: string; readonly attributes: Attributes } {
  const opened = open(text);
  if (opened === undefined) return { body: text, attributes: {} };
  const attributes = Object.fromEntries(
    Object.entries(opened.attrs).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      {
        DataType,
        ...(StringValue === undefined ? {} : { StringValue }),
        ...(BinaryValue === undefined ? {} : { BinaryValue: new Uint8Array(Buffer.from(BinaryValue, "base64")) }),
      },
    ]),
  );
  return { body: opened.body, attributes };
}

function open(text: string): z.infer<typeof envelope> | undefined {
  if (!text.startsWith('{"v":1,"attrs":{')) return undefined;
  try {
    return envelope.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
