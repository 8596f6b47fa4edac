/**
 * The port over undici's own client. It serves where a proxy is set, which undici's agents know how to speak to; and it is what
 * the connections of our own are measured against.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { Agent, buildConnector, type Dispatcher, Pool } from "undici";
import { ensureError } from "../vocabulary/errors.ts";
import { type Carrier, Exchange } from "./exchange/exchange.ts";
import { clientClosed } from "./exchange/fault.ts";
import { readValue, writtenValue } from "./exchange/header-values.ts";
import { serverNameOf } from "./exchange/server-name.ts";
import { fromUndici } from "./exchange/undici-errors.ts";
import { type Headers, type Http, type HttpOptions, type HttpRequest, httpLimits, isHeld } from "./port/http.ts";

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
  const { connections, connectMs, headersMs, bodyIdleMs } = httpLimits(options);
  const dispatcher = open({
    connections,
    connect: { timeout: connectMs },
    headersTimeout: headersMs,
    bodyTimeout: bodyIdleMs,
    maxHeaderSize: LONGEST_HEAD,
    allowH2: false,
    factory: (origin, pool) => openPool(origin, pool, ofConnecting),
  });
  return {
    send(request, caller) {
      const exchange = new Exchange(request, caller);
      if (!exchange.begin()) return;
      try {
        dispatcher.dispatch(dispatched(request, exchange), new Handler(exchange));
      } catch (error) {
        exchange.onError(fromUndici(ensureError(error)));
      }
    },
    close: () => dispatcher.destroy(clientClosed()),
  };
}

/**
 * undici would have the certificate be of the Host header: it must be of what is dialled. And it would connect again, for ever,
 * where an error to connect has the code of its own SocketError, as that of a proxy which hangs up has.
 */
function openPool(origin: string | URL, options: Pool.Options, ofConnecting: typeof fromUndici): Pool {
  const { connect = {} } = options;
  const servername = serverNameOf(new URL(origin).hostname);
  const connector = typeof connect === "function" ? connect : buildConnector(connect);
  return new Pool(origin, {
    ...options,
    connect: (to, onOpened) =>
      connector({ ...to, servername }, (...[error, socket]) => {
        if (error === null) onOpened(null, socket);
        else onOpened(ofConnecting(error), null);
      }),
  });
}

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

/** A class, because at thousands a second its methods should exist once. */
class Handler implements Dispatcher.DispatchHandler, Carrier {
  readonly slab = undefined;
  readonly #exchange: Exchange;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection, which stays as it is where this throws.
    if (this.#exchange.settled) throw clientClosed();
    this.#controller = controller;
    this.#exchange.onCarried(this);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Interim replies are passed over.
    if (status >= 200) this.#exchange.onHead(status, headersOf(headers));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#exchange.onData(chunk);
  }

  onResponseEnd(): void {
    this.#exchange.onEnd();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#exchange.onError(fromUndici(error));
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  close(error: Error): void {
    this.#controller?.abort(error);
  }
}

const textOf = (latin1: string) =>
  /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(latin1) ? latin1 : readValue(latin1).trim();

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
