/**
 * One HTTP request, over undici's dispatch. This is the hot path of every object: no URL objects, one object a request, and
 * callbacks, so that who calls makes the one promise there is.
 *
 * A body whose Content-Length is at most `bufferUpTo` arrives as one Buffer; a larger one, or one of unknown length, as
 * a stream with backpressure. Bodies are never decompressed: what is archived is the bytes as they are stored. The body
 * of a reply that is no success is always a Buffer, cut at 64 KiB.
 *
 * A request is never retried and a redirection never followed. What goes wrong on the way is a CosError with status 0;
 * what a request's own body throws is thrown on as it is.
 */
import type { Readable } from "node:stream";
import { buildConnector, Pool } from "undici";
import type { Body, Headers } from "./bucket.ts";
import { Exchange } from "./exchange.ts";

export interface HttpRequest {
  /** `https://host[:port]`, dialled. */
  readonly origin: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Path and query, encoded; sent as it is. */
  readonly target: string;
  /** name, value, name, value, …; lower-case names; `host` and, with a body, `content-length` among them. */
  readonly headers: string[];
  readonly body?: Body | undefined;
  /** Bytes of the body, where it is not a Buffer. */
  readonly contentLength?: number | undefined;
  /** Bytes up to which a success's body is a Buffer; "whole": always. */
  readonly bufferUpTo: number | "whole";
  readonly signal?: AbortSignal | undefined;
  /** The subject of a message, asked for only where there is one: `GET "a.jpg" of photos-1250000000`. */
  readonly what: () => string;
}

export type HttpReply = { readonly status: number; readonly headers: Headers } & (
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "stream"; readonly stream: Readable }
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
  /** Calls one of the two, once. */
  send(request: HttpRequest, onReply: (reply: HttpReply) => void, onError: (error: Error) => void): void;
  /** Ends at once: what is still in flight fails with UND_ERR_DESTROYED. */
  close(): Promise<void>;
}

export function createHttp(options: HttpOptions = {}): Http {
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        connections: options.connections ?? 64,
        pipelining: 1,
        headersTimeout: options.timeouts?.headersMs ?? 60_000,
        bodyTimeout: options.timeouts?.bodyIdleMs ?? 60_000,
        connect: connector(origin, options.timeouts?.connectMs ?? 10_000),
      });
      pools.set(origin, pool);
    }
    return pool;
  };
  return {
    send(request, onReply, onError) {
      const exchange = new Exchange(request, onReply, onError);
      if (exchange.begin()) poolOf(request.origin).dispatch(exchange.options(), exchange);
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/**
 * The certificate must be of what is dialled, host name or address. (undici would ask for one of the Host header, which
 * for an endpoint without {bucket} is another.)
 */
function connector(origin: string, timeout: number): buildConnector.connector | { timeout: number } {
  const { protocol, hostname } = new URL(origin);
  if (protocol !== "https:") return { timeout };
  const connect = buildConnector({ timeout });
  const isAddress = hostname.startsWith("[") || /^[\d.]+$/.test(hostname);
  // An address is no server name to send (RFC 6066, 3); with none, Node checks the certificate for the address.
  const servername = isAddress ? "" : hostname;
  return ({ host: _, ...to }, callback) => connect({ ...to, servername }, callback);
}
