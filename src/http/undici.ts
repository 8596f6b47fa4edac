/**
 * The port over undici's own client. It serves where a proxy is set, which undici's agents know how to speak to; and it is what
 * the connections of our own are measured against.
 *
 * A request that a kept connection lost before its reply is sent again, once, as by the connections of our own; that the connection had
 * replied before is known by the bytes that were read from it, which over TLS are those of its handshake too.
 *
 * What undici can't be told, and so is weaker here: a connection that has replied is used again at once, before a second reply could
 * have been heard, and which connection brought a reply is not known. So after bytes that nobody asked for every reply of this
 * client so far loses its standing, not only those of one connection; rows that were over before are not looked at again.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { Agent, buildConnector, type Dispatcher, errors, Pool } from "undici";
import { systemClock } from "../vocabulary/clock.ts";
import { ensureError } from "../vocabulary/errors.ts";
import { type Carrier, Exchange } from "./exchange/exchange.ts";
import { clientClosed, malformedHttp, surplusText, tooSlow } from "./exchange/fault.ts";
import { readValue, trimmedValue, writtenValue } from "./exchange/header-values.ts";
import { serverNameOf } from "./exchange/server-name.ts";
import { Throughput } from "./exchange/throughput.ts";
import { fromUndici } from "./exchange/undici-errors.ts";
import {
  type Headers,
  type Http,
  type HttpOptions,
  type HttpRequest,
  httpLimits,
  isHeld,
  type Standing,
} from "./port/http.ts";

/** As the connections of our own take. */
const LONGEST_HEAD = 64 * 1024;

/**
 * @param open what dispatches, with these options: an Agent where nothing is said
 * @param ofConnecting what an error is called because of which there is no connection
 */
export function createUndiciHttp(
  options: HttpOptions = {},
  open: (options: Agent.Options) => Dispatcher = (agent) => new Agent(agent),
  ofConnecting = fromUndici,
): Http {
  const { connections, connectMs, headersMs, bodyIdleMs, log } = httpLimits(options);
  /** Of every reply while connections are kept. */
  const standing = { believed: true };
  const onSurplus = (origin: string) => {
    if (!standing.believed) return;
    standing.believed = false;
    log.warn(surplusText, { origin });
  };
  const openDispatcher = (pipelining: 0 | 1) =>
    open({
      connections,
      pipelining,
      connect: { timeout: connectMs },
      headersTimeout: headersMs,
      bodyTimeout: bodyIdleMs,
      maxHeaderSize: LONGEST_HEAD,
      allowH2: false,
      factory: (origin, pool) => openPool(origin, pool, ofConnecting, onSurplus),
    });
  const keeping = openDispatcher(1);
  /** Its connections are used once, which undici calls no pipelining at all. */
  let once: Dispatcher | undefined;
  let closed = false;
  /** Replies whose bodies are coming. */
  const coming = new Set<Handler>();
  let watch: NodeJS.Timeout | undefined;
  const look = () => {
    const now = systemClock.elapsed();
    for (const handler of coming) handler.check(now);
    if (coming.size > 0) return;
    clearInterval(watch);
    watch = undefined;
  };
  const replies: Replies = {
    bodyIdleMs,
    begin(handler) {
      coming.add(handler);
      watch ??= setInterval(look, Math.min(LOOK_MS, bodyIdleMs / 4)).unref();
    },
    end: (handler) => void coming.delete(handler),
  };
  const openOnce = (): Dispatcher => {
    once ??= openDispatcher(0);
    if (closed) void once.destroy(clientClosed());
    return once;
  };
  return {
    send(request, caller) {
      const exchange = new Exchange(request, caller);
      if (!exchange.begin()) return;
      try {
        const resend = (error: Error) => {
          if (closed || exchange.settled || !exchange.repeatable || !isOfReused(error)) return false;
          openOnce().dispatch(dispatched(request, exchange), new Handler(exchange, replies, undefined));
          return true;
        };
        if (standing.believed)
          keeping.dispatch(dispatched(request, exchange), new Handler(exchange, replies, standing, resend));
        else openOnce().dispatch(dispatched(request, exchange), new Handler(exchange, replies, undefined));
      } catch (error) {
        exchange.onError(fromUndici(ensureError(error)));
      }
    },
    close: async () => {
      closed = true;
      await Promise.all([keeping.destroy(clientClosed()), once?.destroy(clientClosed())]);
    },
  };
}

/**
 * undici would have the certificate be of the Host header: it must be of what is dialled. And it would connect again, for ever,
 * where an error to connect has the code of its own SocketError, as that of a proxy which hangs up has.
 */
function openPool(
  origin: string | URL,
  options: Pool.Options,
  ofConnecting: typeof fromUndici,
  onSurplus: (origin: string) => void,
): Pool {
  const { connect = {} } = options;
  const servername = serverNameOf(new URL(origin).hostname);
  const connector = typeof connect === "function" ? connect : buildConnector(connect);
  const pool = new Pool(origin, {
    ...options,
    connect: (to, onOpened) =>
      connector({ ...to, servername }, (...[error, socket]) => {
        if (error === null) {
          socket.prependListener("error", (thrown: Error) => {
            if (socket.bytesRead > 0) ofReused.add(thrown);
          });
          onOpened(null, socket);
        } else onOpened(ofConnecting(error), null);
      }),
  });
  pool.on("disconnect", (...[, , error]) => {
    if (isOfSurplus(error)) onSurplus(new URL(origin).origin);
  });
  return pool;
}

/** Errors of connections that had brought something. */
const ofReused = new WeakSet<Error>();
const isOfReused = (error: Error) =>
  ofReused.has(error) || (error instanceof errors.SocketError && (error.socket?.bytesRead ?? 0) > 0);

/** undici has no code of its own for bytes that come while nothing is asked: these are its words. */
const isOfSurplus = ({ message }: Error) => message === "bad response";

function dispatched(request: HttpRequest, { upload }: Exchange): Dispatcher.DispatchOptions {
  const { origin, method, target, authorization, body } = request;
  const headers: string[] = [];
  for (const [name, value] of request.headers) headers.push(name, writtenValue(name, value));
  if (authorization !== undefined) headers.push("authorization", authorization);
  const held = body !== undefined && isHeld(body) ? (ArrayBuffer.isView(body) ? body : Buffer.concat(body)) : null;
  return {
    origin,
    path: target,
    method,
    headers,
    // undici takes any iterable, which its types do not say.
    body: (upload as AsyncIterable<Uint8Array> as Readable | undefined) ?? held,
    blocking: false,
    // Unless it is told not to, undici closes a connection after each HEAD.
    ...(method === "HEAD" && { reset: false }),
  };
}

/** Looks at what trickles so often, milliseconds, or four times within the limit. */
const LOOK_MS = 1_000;
/** As the connections of our own take. */
const MOST_INTERIM = 5;

/** Who looks after replies whose bodies are coming. */
interface Replies {
  readonly bodyIdleMs: number;
  begin(handler: Handler): void;
  end(handler: Handler): void;
}

/** A class, because at thousands a second its methods should exist once. */
class Handler implements Dispatcher.DispatchHandler, Carrier {
  readonly slab = undefined;
  readonly standing: Standing | undefined;
  readonly #exchange: Exchange;
  readonly #resend: ((error: Error) => boolean) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  readonly #replies: Replies;
  readonly #throughput: Throughput;
  #replied = false;
  #interim = 0;
  #bytes = 0;
  #paused = false;

  /** @param resend called for what ended before a reply; false where that is the end */
  constructor(
    exchange: Exchange,
    replies: Replies,
    standing: Standing | undefined,
    resend?: (error: Error) => boolean,
  ) {
    this.#replies = replies;
    this.#throughput = new Throughput(replies.bodyIdleMs);
    this.#resend = resend;
    this.#exchange = exchange;
    this.standing = standing;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection, which stays as it is where this throws.
    if (this.#exchange.settled) throw clientClosed();
    this.#controller = controller;
    this.#exchange.onCarried(this);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#replied = true;
    // Interim replies are passed over.
    if (status < 200) {
      const tooMany = `over ${MOST_INTERIM} interim replies came, and no other`;
      if (++this.#interim > MOST_INTERIM) controller.abort(malformedHttp(tooMany));
      return;
    }
    this.#replies.begin(this);
    this.#exchange.onHead(status, headersOf(headers));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#exchange.onData(chunk);
  }

  check(now: number): void {
    if (!this.#paused && this.#throughput.isTooLow(now, this.#bytes)) this.close(tooSlow());
  }

  onResponseEnd(): void {
    this.#replies.end(this);
    this.#exchange.onEnd();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#replies.end(this);
    if (this.#replied || this.#resend?.(error) !== true) this.#exchange.onError(fromUndici(error));
  }

  pause(): void {
    this.#paused = true;
    this.#controller?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#throughput.restart();
    this.#controller?.resume();
  }

  close(error: Error): void {
    this.#controller?.abort(error);
  }
}

const textOf = (latin1: string) =>
  /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(latin1) ? latin1 : readValue(trimmedValue(latin1));

/** undici reads values as Latin-1 and with the spaces behind them, and repeated ones as lists. */
function headersOf(headers: IncomingHttpHeaders): Headers {
  const all: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === "string") all[name] = textOf(value);
    else if (value !== undefined) all[name] = value.map(textOf).join(", ");
  }
  return all;
}
