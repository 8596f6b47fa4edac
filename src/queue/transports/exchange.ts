/** One HTTP request and its whole answer, over undici, for the transports that speak to a service. */
import { type Dispatcher, errors } from "undici";
import { ensureError } from "../../vocabulary/errors.ts";
import { AbortError, QueueConnectionError } from "../api/error.ts";

export interface Answer {
  readonly status: number;
  readonly text: string;
  header(name: string): string | undefined;
}

export interface Exchange {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The answer's head must have come by then, and its body as long again. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly dispatcher: Dispatcher;
}

/** POSTs; rejects with QueueConnectionError where no whole answer came, and with AbortError. */
export async function exchange({ url, headers, body, timeoutMs, signal, dispatcher }: Exchange): Promise<Answer> {
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
        return Array.isArray(value) ? value[0] : value;
      },
    };
  } catch (thrown) {
    if (signal?.aborted) throw new AbortError(signal);
    const error = ensureError(thrown);
    const code = networkCode(error);
    throw new QueueConnectionError(
      code,
      `The queue endpoint ${url.origin} could not be reached (${code}): check that it is right and open to this network.`,
      { cause: error },
    );
  }
}

function networkCode(error: Error): string {
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error.cause instanceof Error) return networkCode(error.cause);
  return error instanceof errors.UndiciError ? error.name : "UnknownNetworkError";
}

/** How long any answer may take that the service does not hold back on purpose. */
export const ANSWER_TIMEOUT_MS = 15_000;

/** A long poll's timeout: longer than the wait asked for (the service's longest where none was), by this much. */
export function receiveTimeoutMs(waitSeconds: number | undefined, longestWaitSeconds: number): number {
  return (waitSeconds ?? longestWaitSeconds) * 1_000 + ANSWER_TIMEOUT_MS;
}
