/** One request as the operations see it, and the reply they give. Nothing here knows sockets but `incoming`, the body's source. */
import type { IncomingMessage } from "node:http";
import type { Operation } from "../faults/operation.ts";
import type { Switches } from "../faults/switches.ts";
import type { Bodies, Body } from "../store/bodies.ts";
import type { Bucket } from "../store/bucket.ts";
import type { Store } from "../store/store.ts";
import type { Address } from "./address.ts";
import type { Identity } from "./authorize.ts";

export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly operation: Operation;
  readonly address: Address;
  readonly identity: Identity;
  readonly switches: Switches;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly store: Store;
  /** Called before the body is read, for clients that wait for `100 Continue`. */
  readonly wantsBody: () => void;
  /** A new id, for a version or an upload: sorts by time, never given twice. */
  readonly newId: () => string;
}

/** An exchange about a bucket that exists. */
export interface BucketExchange extends Exchange {
  readonly bucket: Bucket;
}

export type ReplyBody =
  | { readonly kind: "none" }
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "stored"; readonly bodies: Bodies; readonly stored: Body };

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReplyBody;
  /** Of the body, or to HEAD of the body there would be; undefined: unknown, sent chunked. */
  readonly contentLength: number | undefined;
}

export function header(exchange: Pick<Exchange, "incoming">, name: string): string | undefined {
  const value = exchange.incoming.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** The first value of a query parameter. */
export function parameter(exchange: Pick<Exchange, "address">, name: string): string | undefined {
  for (const pair of exchange.address.query) if (pair[0] === name) return pair[1];
  return undefined;
}

export const nothing: ReplyBody = { kind: "none" };

export function emptyReply(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: nothing, contentLength: 0 };
}

export function xmlReply(text: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return bytesReply(200, "application/xml", Buffer.from(text), headers);
}

export function bytesReply(
  status: number,
  contentType: string,
  bytes: Buffer,
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return {
    status,
    headers: { "Content-Type": contentType, ...headers },
    body: { kind: "bytes", bytes },
    contentLength: bytes.length,
  };
}
