/** One HTTP request and its whole answer, over undici, for the transports that speak to a service. */
import type { Dispatcher } from "undici";
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
  readonly dispatcher: Dispatcher;
}

/** POSTs; rejects with QueueConnectionError where no whole answer came, and with AbortError. */
export async function exchange(request: Exchange): Promise<Answer> {
  const { url, headers, body, timeoutMs, signal, dispatcher } = request;
  const redact = createRedaction(createSecrets(request.secrets));
  try {
    const response = await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: "POST",
      headers,
      body,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      ...(signal ? { signal } : {}),
    });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      text,
      header(name) {
        const value = response.headers[name];
        const first = Array.isArray(value) ? value[0] : value;
        return first === undefined ? undefined : redact(first);
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
