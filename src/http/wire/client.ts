/**
 * One HTTP/1.1 request. This is the hot path of every object: no URL objects, one object a request, and callbacks, so that who
 * calls makes the one promise there is. Connections are opened by undici; what goes over them is read and written here
 * (connection.ts), which takes half the processor time of undici's own client.
 *
 * A body whose Content-Length is at most `bufferUpTo` arrives as one Buffer; a larger one, or one of unknown length, as
 * a stream with backpressure. Bodies are never decompressed: what is archived is the bytes as they are stored. The body
 * of a reply that is no success is always a Buffer, cut at 64 KiB.
 *
 * A request is never retried and a redirection never followed. What goes wrong on the way is a CosError with status 0;
 * what a request's own body throws is thrown on as it is.
 */
import type { Body, BodyStream, Headers } from "../../objects/bucket.ts";
import { Exchange } from "../exchange/exchange.ts";
import type { Lease } from "../exchange/read-memory.ts";
import type { Pair } from "../port/header-names.ts";
import { type Connections, createConnections } from "./connections.ts";

export interface HttpRequest {
  /** `https://host[:port]`, dialled. */
  readonly origin: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Path and query, encoded; sent as it is. */
  readonly target: string;
  /** Lower-case names; `host` and, with a body, `content-length` among them. */
  readonly headers: readonly Pair[];
  /** The value of one more, of visible ASCII. */
  readonly authorization?: string | undefined;
  readonly body?: Body | undefined;
  /** Bytes of the body, where it is a source of chunks. */
  readonly contentLength?: number | undefined;
  /** Bytes up to which a success's body is a Buffer; "whole": always. */
  readonly bufferUpTo: number | "whole";
  /** That Buffer may be several, as they came: `bytes`, and `more` after it. */
  readonly inPieces?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Who sent it. One of the two is called, once. */
export interface HttpCaller {
  onReply(reply: HttpReply): void;
  onError(error: Error): void;
  /** The subject of a message, asked for only where there is one: `GET "a.jpg" of photos-1250000000`. */
  what(): string;
}

export type HttpReply = { readonly status: number; readonly headers: Headers } & (
  | {
      readonly kind: "bytes";
      readonly bytes: Buffer;
      readonly more?: readonly Buffer[] | undefined;
      /** Of the memory that they lie in. */
      readonly lease?: Lease | undefined;
    }
  | { readonly kind: "stream"; readonly stream: BodyStream }
);

export interface Timeouts {
  /** Until a connection stands, TLS included. Default 10 s. */
  readonly connectMs?: number | undefined;
  /** From the end of the request to the reply's head. Default 60 s. */
  readonly headersMs?: number | undefined;
  /** Between two pieces of a body, while they are wanted. Default 60 s. */
  readonly bodyIdleMs?: number | undefined;
}

export interface HttpOptions {
  /** Connections to one origin; requests beyond wait. Default 64. */
  readonly connections?: number | undefined;
  readonly timeouts?: Timeouts | undefined;
}

export interface Http {
  send(request: HttpRequest, caller: HttpCaller): void;
  /** Ends at once: what is still in flight fails with ClientClosed. */
  close(): Promise<void>;
}

export function createHttp(options: HttpOptions = {}): Http {
  const { connectMs = 10_000, headersMs = 60_000, bodyIdleMs = 60_000 } = options.timeouts ?? {};
  const most = options.connections ?? 64;
  const byOrigin = new Map<string, Connections>();
  let closed = false;
  const connectionsTo = (origin: string): Connections => {
    let connections = byOrigin.get(origin);
    if (connections === undefined) {
      connections = createConnections(origin, { most, connectMs, headersMs, bodyIdleMs });
      if (closed) connections.close();
      byOrigin.set(origin, connections);
    }
    return connections;
  };
  return {
    send(request, caller) {
      const exchange = new Exchange(request, caller);
      if (exchange.begin()) connectionsTo(request.origin).send(exchange);
    },
    close: async () => {
      closed = true;
      for (const connections of byOrigin.values()) connections.close();
    },
  };
}
