/** The replies of the benchmark's store, made beforehand. */
import { bodyOf, type Facts, factsOf, type SizeLabel, variants } from "./bodies.ts";

export interface Original {
  readonly bytes: Buffer;
  readonly facts: Facts;
  readonly head: Buffer;
  /** Head and body in one, where the body is small. */
  readonly reply: Buffer | undefined;
  readonly putReply: Buffer;
  readonly md5: string;
}

const lastModified = "Sun, 01 Nov 2026 08:00:00 GMT";
/** Up to this, head and body are sent as one. */
export const small = 1024 * 1024;
const originals = new Map<SizeLabel, readonly Original[]>();

export function originalsOf(label: SizeLabel): readonly Original[] {
  let list = originals.get(label);
  if (list === undefined) {
    list = Array.from({ length: variants[label] }, (_, variant) => originalOf(bodyOf(label, variant)));
    originals.set(label, list);
  }
  return list;
}

function originalOf(bytes: Buffer): Original {
  const facts = factsOf(bytes);
  const told = `ETag: "${facts.etag}"\r\nx-cos-hash-crc64ecma: ${facts.crc64}\r\nx-cos-request-id: NmFiY2QxMjM0\r\nDate: ${lastModified}\r\nServer: tencent-cos\r\nConnection: keep-alive\r\n`;
  const head = Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: ${bytes.length}\r\nLast-Modified: ${lastModified}\r\nx-cos-meta-author: bench\r\n${told}\r\n`,
  );
  return {
    bytes,
    facts,
    head,
    reply: bytes.length <= small ? Buffer.concat([head, bytes]) : undefined,
    putReply: Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${told}\r\n`),
    md5: Buffer.from(facts.etag, "hex").toString("base64"),
  };
}
