/** The MD5 digests by which SQS lets both sides check a message (SQS Developer Guide, "Calculating the MD5 message digest for message attributes"). */
import { createHash } from "node:crypto";
import type { MessageAttributeValue } from "./shapes.ts";

export function md5OfText(text: string): string {
  return createHash("md5").update(text, "utf8").digest("hex");
}

const STRING_VALUE = Buffer.of(1);
const BINARY_VALUE = Buffer.of(2);

/**
 * Of the attributes sorted by name: name, data type and value, each behind its length in 4 bytes (big-endian), and one byte
 * before the value that says string or binary. `undefined` where there are none.
 */
export function md5OfAttributes(attributes: Readonly<Record<string, MessageAttributeValue>> = {}): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash("md5");
  const add = (part: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.byteLength);
    hash.update(length).update(part);
  };
  for (const name of names) {
    const attribute = attributes[name];
    if (attribute === undefined) continue;
    add(Buffer.from(name, "utf8"));
    add(Buffer.from(attribute.DataType ?? "", "utf8"));
    if (attribute.BinaryValue !== undefined) {
      hash.update(BINARY_VALUE);
      add(attribute.BinaryValue);
    } else {
      hash.update(STRING_VALUE);
      add(Buffer.from(attribute.StringValue ?? "", "utf8"));
    }
  }
  return hash.digest("hex");
}
