/**
 * The port through which requests go out: one HTTP/1.1 request in, one reply out. It knows nothing of what is on the other
 * side. Two implementations (wire/client.ts, undici.ts) pass one suite, test/http/conformance.ts.
 *
 * This is the hot path of every object: no URL objects, one object a request, and callbacks, so that who calls makes the one
 * promise there is.
 *
 * A body whose Content-Length is at most `bufferUpTo` arrives as one Buffer; a larger one, or one of unknown length, as
 * a stream with backpressure. Bodies are never decompressed. The body of a reply that is no success is always a Buffer, cut
 * at 64 KiB.
 *
 * A connection that brought more than was asked for is closed, those to its origin are used once from then on, and what it brought
 * before has lost its standing: whoever acts on a reply looks at that again before what follows is final.
 *
 * A request is never retried, but for one that a kept connection lost before a byte of its reply came, and a redirection never
 * followed. What goes wrong on the way is an HttpError; what a request's
 * own body throws is handed on as it is.
 */
import { type Log, silentLog } from "../../vocabulary/log.ts";
import type { Pair } from "./header-names.ts";

/**
 * Lower-case names; a value that is UTF-8 is read as such, of any other each byte beyond ASCII is a lone surrogate (U+DC80 to U+DCFF), and
 * goes out as that byte again. Repeated headers are one, joined by `, `.
 */
export type Headers = Readonly<Record<string, string>>;

/** The body of a reply on its way, for one reader: read to its end, or destroyed. */
export interface BodyStream extends AsyncIterable<Uint8Array> {
  destroy(error?: Error): void;
  /** Nobody will look at this chunk any more, so that its memory may be used again. Nobody has to say so. */
  release?(chunk: Uint8Array): void;
}

/** Memory that is lent. Nobody has to give it back. */
export interface Lease {
  /** Nobody will look at it any more, so that it may be used again. */
  release(): void;
}

/** What is held, in one Buffer or in several, or a source of chunks, which is pulled with backpressure. */
export type Body = HeldBody | BodySource;
/** `release` may be told of each chunk once it has left the process. */
export type BodySource = AsyncIterable<Uint8Array> & Pick<BodyStream, "release">;
/** A body that is held, in one Buffer or in several. */
export type HeldBody = Buffer | readonly Buffer[];

export const isHeld = (body: Body): body is HeldBody => ArrayBuffer.isView(body) || Array.isArray(body);

/** Bytes. */
export function heldLength(body: HeldBody): number {
  return ArrayBuffer.isView(body) ? body.length : body.reduce((sum, { length }) => sum + length, 0);
}

/** One request, as it goes out. */
export interface HttpRequest {
  /** `https://host[:port]`, dialled. */
  readonly origin: string;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Path and query, encoded; sent as it is. */
  readonly target: string;
  /** Lower-case names; `host` and, with a body, `content-length` among them. Values are as in Headers, and go out as UTF-8. */
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
  /** Of a POST: to do it twice is no harm, so it is sent again as the others are where a kept connection lost it. */
  readonly repeatable?: boolean | undefined;
}

/** Who sent it. One of the two is called, once. */
export interface HttpCaller {
  onReply(reply: HttpReply): void;
  /** An HttpError, or what the request's own body threw. */
  onError(error: Error): void;
}

/**
 * Is what a connection brought still believed? A reply over a kept connection is known to be the next one, not to be this request's:
 * once more comes than was asked for, replies before it may have been others' too.
 */
export interface Standing {
  readonly believed: boolean;
}

interface ReplyHead {
  readonly status: number;
  readonly headers: Headers;
  /** Of the connection that brought it; absent where it can only be this request's, the first on its connection. */
  readonly standing?: Standing | undefined;
}

/** One reply, its body held or on its way. */
export type HttpReply = ReplyHead &
  (
    | {
        readonly kind: "bytes";
        readonly bytes: Buffer;
        readonly more?: readonly Buffer[] | undefined;
        /** Of the memory that they lie in. */
        readonly lease?: Lease | undefined;
      }
    | { readonly kind: "stream"; readonly stream: BodyStream }
  );

/** How long is waited for whoever is on the other side, milliseconds. */
export interface Timeouts {
  /** Until a connection stands, TLS included. Default 10 s. */
  readonly connectMs?: number | undefined;
  /** From the end of the request to the end of the reply's head. Default 60 s. */
  readonly headersMs?: number | undefined;
  /** Between two pieces of a body, while they are wanted; it may not trickle for half a minute, or this, either. Default 60 s. */
  readonly bodyIdleMs?: number | undefined;
}

/** How a client holds its connections. */
export interface HttpOptions {
  /** Connections to one origin; requests beyond wait. Default 64. */
  readonly connections?: number | undefined;
  readonly timeouts?: Timeouts | undefined;
  /** Is told where an origin's connections are not used as they should be. */
  readonly log?: Log | undefined;
}

/** The options, with what holds where nothing is said. */
export function httpLimits({ connections = 64, timeouts = {}, log = silentLog }: HttpOptions) {
  const { connectMs = 10_000, headersMs = 60_000, bodyIdleMs = 60_000 } = timeouts;
  return { connections, connectMs, headersMs, bodyIdleMs, log };
}

/** A client with connections of its own. */
export interface Http {
  send(request: HttpRequest, caller: HttpCaller): void;
  /** A request to this origin is soon to come: where no connection stands, one is opened. Nobody hears whether it could be. Absent: there is no such thing. */
  prepare?(origin: string): void;
  /** Ends at once: what is still in flight fails with ClientClosed. */
  close(): Promise<void>;
}

/** Makes a client; `createBucketClient` takes one, where requests are to go out in another way than its own. */
export type CreateHttp = (options: HttpOptions) => Http;
