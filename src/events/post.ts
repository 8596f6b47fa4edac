/** POSTs to an address of which all that stands behind the host may be as good as a password: no error tells it. */
import type { Pair } from "../http/port/header-names.ts";
import type { CreateHttp, Timeouts } from "../http/port/http.ts";
import { ensureError } from "../vocabulary/errors.ts";
import { createRedaction, createSecrets } from "../vocabulary/redaction.ts";
import { visible } from "../vocabulary/visible.ts";

export interface PostOptions {
  readonly createHttp: CreateHttp;
  readonly timeouts: Timeouts;
  /** Connections at once; 1 where absent. */
  readonly connections?: number | undefined;
}

export interface Post {
  /** Comes behind the path, before the query. */
  readonly suffix?: string | undefined;
  /** Beside host and length. */
  readonly headers: readonly Pair[];
  readonly body: Buffer;
  readonly signal?: AbortSignal | undefined;
}

export type Posted =
  | { readonly kind: "taken" }
  /** Without a status no answer came. */
  | {
      readonly kind: "refused";
      readonly status: number | undefined;
      readonly why: string;
      /** As its Retry-After says; seconds alone are read. */
      readonly retryAfterMs: number | undefined;
    };

export interface Poster {
  readonly host: string;
  post(post: Post): Promise<Posted>;
  close(): Promise<void>;
}

/** A success is a status from 200 to 299; what the body says is not read, and no redirection is followed. */
export function createPoster(url: string, { createHttp, timeouts, connections = 1 }: PostOptions): Poster {
  const { origin, host, pathname, search } = new URL(url);
  const http = createHttp({ connections, timeouts });
  const redact = createRedaction(createSecrets([url, `${pathname}${search}`, ...pathname.split("/"), search.slice(1)]));
  const refused = (why: string, status?: number, retryAfterMs?: number): Posted => ({
    kind: "refused",
    status,
    why: visible(redact(why)),
    retryAfterMs,
  });
  return {
    host,
    post({ suffix = "", headers, body, signal }) {
      const path = suffix === "" ? pathname : pathname.replace(/\/$/, "") + suffix;
      const all: Pair[] = [["host", host], ...headers, ["content-length", String(body.length)]];
      return new Promise((resolve) => {
        http.send(
          { origin, method: "POST", target: `${path}${search}` || "/", headers: all, body, bufferUpTo: 4096, signal },
          {
            onReply(reply) {
              if (reply.kind === "stream") reply.stream.destroy();
              const { status } = reply;
              const seconds = /^\d{1,6}$/.exec(reply.headers["retry-after"]?.trim() ?? "")?.[0];
              const wait = seconds === undefined ? undefined : Number(seconds) * 1_000;
              const isTaken = status >= 200 && status < 300;
              resolve(isTaken ? { kind: "taken" } : refused(`it answered with status ${status}`, status, wait));
            },
            onError(error) {
              const { message, code } = ensureError(error) as Error & { readonly code?: string };
              resolve(refused(code === undefined ? message : `${code}, ${message}`));
            },
          },
        );
      });
    },
    close: () => http.close(),
  };
}
