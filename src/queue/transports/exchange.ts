/** One HTTP request and its whole answer, for the transports that speak to a service. */
import { httpOf } from "../../http/of-environment.ts";
import type { Pair } from "../../http/port/header-names.ts";
import type { Http, HttpReply } from "../../http/port/http.ts";
import type { Environment } from "../../http/proxies.ts";
import { entryOf } from "../../vocabulary/codes/catalogue.ts";
import { ensureError, quote } from "../../vocabulary/errors.ts";
import { createRedaction, createSecrets, type Redact } from "../../vocabulary/redaction.ts";
import { AbortError, QueueConnectionError } from "../api/error.ts";

export interface Answer {
  readonly status: number;
  /** As it came: messages in it are data. What people are told of it goes through `redact`. */
  readonly text: string;
  /** Redacted. */
  header(name: string): string | undefined;
  /** Takes out what the request was signed with: a proxy's error page likes to show the request. */
  readonly redact: Redact;
}

/** How an answer begins that nobody can read, in quotes. */
export function beginningOf({ text, redact }: Answer): string {
  return quote(redact(text.slice(0, 1_000)).slice(0, 60));
}

export interface Exchange {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The answer's head must have come by then, and its body as long again. */
  readonly timeoutMs: number;
  /** What it was signed with, and the signature. */
  readonly secrets: readonly (string | undefined)[];
  readonly signal: AbortSignal | undefined;
  readonly clients: Clients;
}

/** What sends a transport's requests, through the proxy that the environment names. A long poll holds up none that are answered at once. */
export interface Clients {
  /** @param timeoutMs as of an Exchange */
  within(timeoutMs: number): Http;
  /** What is in flight fails. */
  destroy(): void;
}

/** @throws UserError `InvalidProxy` */
export function openClients(env: Environment): Clients {
  const create = httpOf(env);
  const byTimeout = new Map<number, Http>();
  let destroyed = false;
  return {
    within(timeoutMs) {
      const known = byTimeout.get(timeoutMs);
      if (known !== undefined) return known;
      const http = create({ timeouts: { headersMs: timeoutMs, bodyIdleMs: timeoutMs } });
      byTimeout.set(timeoutMs, http);
      if (destroyed) void http.close();
      return http;
    },
    destroy() {
      destroyed = true;
      for (const http of byTimeout.values()) void http.close();
    },
  };
}

/** POSTs; rejects with QueueConnectionError where no whole answer came, and with AbortError. */
export async function exchange(request: Exchange): Promise<Answer> {
  const { url, signal } = request;
  const redact = createRedaction(createSecrets(request.secrets));
  try {
    const reply = await replyTo(request);
    const held = reply.kind === "bytes" ? [reply.bytes, ...(reply.more ?? [])] : [];
    return {
      status: reply.status,
      text: Buffer.concat(held).toString(),
      header(name) {
        const value = reply.headers[name];
        return value === undefined ? undefined : redact(value);
      },
      redact,
    };
  } catch (thrown) {
    if (signal?.aborted) throw new AbortError(signal);
    const error = ensureError(thrown);
    const code = networkCode(error);
    const entry = entryOf(code);
    const advice = entry?.scarce
      ? `${entry.means}: ${entry.advice}`
      : "check that it is right and open to this network";
    throw new QueueConnectionError(
      code,
      `The queue endpoint ${url.origin} could not be reached (${code}): ${advice}.`,
      { cause: error },
    );
  }
}

function replyTo({ url, headers, body: text, timeoutMs, signal, clients }: Exchange): Promise<HttpReply> {
  const body = Buffer.from(text);
  const named = Object.entries(headers).map(([name, value]): Pair => [name.toLowerCase(), value]);
  const others = named.filter(([name]) => name !== "host" && name !== "content-length");
  const http = clients.within(timeoutMs);
  return new Promise((onReply, onError) => {
    http.send(
      {
        origin: url.origin,
        method: "POST",
        target: `${url.pathname}${url.search}`,
        headers: [["host", url.host], ...others, ["content-length", String(body.length)]],
        body,
        bufferUpTo: "whole",
        signal,
        // A message that is sent twice may come twice, as any may.
        repeatable: true,
      },
      { onReply, onError },
    );
  });
}

function networkCode(error: Error): string {
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error.cause instanceof Error) return networkCode(error.cause);
  return "UnknownNetworkError";
}

/** How long any answer may take that the service does not hold back on purpose. */
export const ANSWER_TIMEOUT_MS = 15_000;

/** A long poll's timeout: longer than the wait asked for (the service's longest where none was), by this much. */
export function receiveTimeoutMs(waitSeconds: number | undefined, longestWaitSeconds: number): number {
  return (waitSeconds ?? longestWaitSeconds) * 1_000 + ANSWER_TIMEOUT_MS;
}
