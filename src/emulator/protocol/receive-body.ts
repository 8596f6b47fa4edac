/**
 * Takes in the body of a request: whole, for XML documents and small objects; or straight to disk as it comes, so that
 * memory stays flat. A body that ends early is refused and leaves nothing behind.
 */
import { createHash, hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { crc64, crc64Digest, crc64Start, crc64Update } from "../../checksum/crc64.ts";
import { putLimit } from "../../vocabulary/limits.ts";
import type { Bodies, Body, BodyWriter } from "../store/bodies.ts";
import { type Exchange, header } from "./exchange.ts";
import { refusal } from "./refusal.ts";

const BUFFERED_BYTES = 1024 * 1024;
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/** Bytes on disk, held until they are released: a row may name them by then. */
export interface Received {
  readonly body: Body;
  readonly size: number;
  /** Lower-case hex. */
  readonly md5: string;
  readonly crc64: string;
}

interface Sink<T> {
  take(chunk: Buffer): void;
  end(): T;
  discard(): void;
}

function drain<T>(incoming: IncomingMessage, sink: Sink<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const fail = (error: unknown) => {
      if (over) return;
      over = true;
      sink.discard();
      reject(error);
    };
    const attempt = (act: () => void) => {
      if (over) return;
      try {
        act();
      } catch (error) {
        fail(error);
      }
    };
    // It may have broken off while something else was awaited.
    if (incoming.destroyed) return fail(refusal("IncompleteBody"));
    incoming.on("data", (chunk: Buffer) => attempt(() => sink.take(chunk)));
    incoming.on("end", () =>
      attempt(() => {
        const result = sink.end();
        over = true;
        resolve(result);
      }),
    );
    const breakOff = () => {
      if (!over) fail(refusal("IncompleteBody"));
    };
    incoming.on("error", breakOff);
    incoming.on("close", breakOff);
  });
}

/** The digest of a Content-MD5 header, lower-case hex; a refusal InvalidDigest where it is none. */
export function declaredMd5(exchange: Pick<Exchange, "incoming">): string | undefined {
  const text = header(exchange, "content-md5");
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length !== 16 || bytes.toString("base64") !== text) throw refusal("InvalidDigest");
  return bytes.toString("hex");
}

/** Content-Length, or undefined for a chunked body; refusals MissingContentLength, EntityTooLarge. */
export function declaredLength(exchange: Pick<Exchange, "incoming">, maxBytes: number): number | undefined {
  const text = header(exchange, "content-length");
  if (text === undefined) {
    if (header(exchange, "transfer-encoding") === undefined) throw refusal("MissingContentLength");
    return undefined;
  }
  const length = Number(text);
  if (length > maxBytes) throw refusal("EntityTooLarge");
  return length;
}

function whole(maxBytes: number): Sink<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    take(chunk) {
      size += chunk.length;
      if (size > maxBytes) throw refusal("EntityTooLarge");
      chunks.push(chunk);
    },
    end: () => (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)),
    discard() {},
  };
}

/** Writes to a file from the first byte on. */
function streamed(bodies: Bodies, maxBytes: number): Sink<Received> {
  const md5 = createHash("md5");
  const crc = crc64Start();
  let writer: BodyWriter | undefined;
  let size = 0;
  return {
    take(chunk) {
      size += chunk.length;
      if (size > maxBytes) throw refusal("EntityTooLarge");
      writer ??= bodies.create();
      writer.write(chunk);
      md5.update(chunk);
      crc64Update(crc, chunk);
    },
    end: () => ({ body: writer?.finish() ?? [], size, md5: md5.digest("hex"), crc64: crc64Digest(crc) }),
    discard: () => writer && bodies.release(writer.finish()),
  };
}

/** Stores bytes that are already in memory. */
export function storeBytes(bodies: Bodies, bytes: Uint8Array): Received {
  return { body: bodies.write(bytes), size: bytes.length, md5: hash("md5", bytes), crc64: crc64(bytes) };
}

/** An XML document, checked against Content-MD5 where there is one. */
export async function receiveDocument(exchange: Exchange): Promise<Buffer> {
  const expected = declaredMd5(exchange);
  exchange.wantsBody();
  const bytes = await drain(exchange.incoming, whole(MAX_DOCUMENT_BYTES));
  if (expected !== undefined && hash("md5", bytes) !== expected) throw refusal("BadDigest");
  return bytes;
}

/** What `keep` makes of the bytes of an object or a part, on disk; refused where Content-MD5 names others. */
export async function receiveBytes<T>(exchange: Exchange, bodies: Bodies, keep: (received: Received) => T): Promise<T> {
  const expected = declaredMd5(exchange);
  const length = declaredLength(exchange, putLimit);
  exchange.wantsBody();
  const received =
    length !== undefined && length <= BUFFERED_BYTES
      ? storeBytes(bodies, await drain(exchange.incoming, whole(BUFFERED_BYTES)))
      : await drain(exchange.incoming, streamed(bodies, putLimit));
  try {
    if (expected !== undefined && received.md5 !== expected) throw refusal("BadDigest");
    return keep(received);
  } finally {
    bodies.release(received.body);
  }
}
