/** Replies of a bucket in memory: headers as COS sends them, bodies whole or in small chunks, spoilt where a fault says so. */
import { Readable } from "node:stream";
import { objectInfo } from "../../src/cos/exchange/object-info.ts";
import type { Headers, ObjectInfo, ObjectResponse } from "../../src/objects/bucket.ts";
import { aborted, bodyEnded, connectionReset, type Fault } from "./bucket-fault.ts";
import type { StoredObject } from "./memory-objects.ts";

/** What of an object its reply brings. A HEAD brings everything; of an originImage GET no document says. */
export interface Brings {
  etag: boolean;
  crc64: boolean;
  /** x-cos-meta-* and the other headers stored with the object, except Content-Type. */
  meta: boolean;
  lastModified: boolean;
  contentLength: boolean;
}

export const everything: Readonly<Brings> = {
  etag: true,
  crc64: true,
  meta: true,
  lastModified: true,
  contentLength: true,
};

export function headersOf(object: StoredObject, brings: Readonly<Brings>, requestId: string): Record<string, string> {
  const headers: Record<string, string> = { "x-cos-request-id": requestId };
  if (brings.meta) Object.assign(headers, object.headers);
  else if (object.headers["content-type"] !== undefined) headers["content-type"] = object.headers["content-type"];
  if (brings.contentLength) headers["content-length"] = String(object.bytes.length);
  if (brings.etag) headers.etag = `"${object.etag}"`;
  if (brings.crc64 && object.crc64 !== undefined) headers["x-cos-hash-crc64ecma"] = object.crc64;
  if (brings.lastModified) headers["last-modified"] = new Date(object.lastModified).toUTCString();
  if (object.versionId !== undefined) headers["x-cos-version-id"] = object.versionId;
  return headers;
}

/** The reply's head, as the spoiling faults leave it. */
export function infoOf(
  status: number,
  headers: Readonly<Record<string, string>>,
  faults: readonly Fault[],
): ObjectInfo {
  const changed: Record<string, string> = { ...headers };
  for (const fault of faults) {
    if (fault.kind !== "spoil") continue;
    if (fault.status !== undefined) status = fault.status;
    for (const [name, value] of Object.entries(fault.headers ?? {})) {
      if (value === null) delete changed[name];
      else changed[name] = value;
    }
  }
  return objectInfo(status, changed as Headers);
}

export interface Delivery {
  readonly what: string;
  readonly bufferUpTo: number;
  readonly chunkBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** The reply with its body; what ends too early rejects, or errors the stream, as the client's does. */
export function bodyReply(
  headers: Record<string, string>,
  bytes: Buffer,
  faults: readonly Fault[],
  delivery: Delivery,
): ObjectResponse {
  let body = bytes;
  let brokenAt: number | undefined;
  for (const fault of faults) {
    if (fault.kind === "break-off") brokenAt = fault.afterBytes;
    if (fault.kind !== "spoil" || fault.body === undefined) continue;
    body = fault.body(body);
    if (headers["content-length"] !== undefined) headers["content-length"] = String(body.length);
  }
  const info = infoOf(200, headers, faults);
  const announced = info.size;
  const end = (): Error | undefined => {
    if (brokenAt !== undefined && brokenAt < body.length) return connectionReset(delivery.what);
    if (announced !== undefined && announced !== body.length)
      return bodyEnded(delivery.what, Math.min(body.length, announced), announced);
    return undefined;
  };
  const reaches = Math.min(brokenAt ?? body.length, body.length, announced ?? body.length);
  const buffered = announced !== undefined && announced <= delivery.bufferUpTo;
  if (buffered) {
    const fault = end();
    if (fault !== undefined) throw fault;
    return { ...info, kind: "bytes", bytes: Buffer.from(body) };
  }
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < reaches; at += delivery.chunkBytes) {
      if (delivery.signal?.aborted) throw aborted(delivery.what);
      yield Buffer.from(body.subarray(at, Math.min(at + delivery.chunkBytes, reaches)));
    }
    const fault = end();
    if (fault !== undefined) throw fault;
  }
  return { ...info, kind: "stream", stream: Readable.from(chunks(), { objectMode: false }) };
}
