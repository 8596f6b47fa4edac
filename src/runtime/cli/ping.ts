/**
 * A dead man's switch: somebody outside is told that a run begins and how it ended, and raises the alarm where neither comes. The
 * convention is that of healthchecks.io (https://healthchecks.io/docs/http_api/): URL/start, URL for success, URL/fail.
 *
 * It costs no row and holds up nothing but the end of the process, for a few seconds: what can't be delivered is tried again, then told.
 */
import type { CreateHttp, Http } from "../../http/port/http.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import { createRedaction, createSecrets } from "../../vocabulary/redaction.ts";
import { visible } from "../../vocabulary/visible.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";

export interface Ping {
  /** The run begins. Nobody waits for it. */
  start(): void;
  /** @param said what people read of the end: no keys, since it leaves this machine */
  end(code: ExitCode, said: readonly string[]): Promise<void>;
}

export interface PingOptions {
  readonly createHttp: CreateHttp;
  readonly clock: Clock;
  readonly note: (sentence: string) => void;
}

const TRIES = 3;
const PAUSE_MS = 1_000;
/** Of each try; a run that has ended waits no longer than three of them for who may be away. */
const timeouts = { connectMs: 5_000, headersMs: 5_000, bodyIdleMs: 5_000 };

export function createPing(url: string, { createHttp, clock, note }: PingOptions): Ping {
  const { origin, host, pathname, search } = new URL(url);
  const http = createHttp({ connections: 1, timeouts });
  // What comes behind the host is as good as a password.
  const redact = createRedaction(createSecrets([url, `${pathname}${search}`, ...pathname.split("/")]));
  const target = (end: "" | "/start" | "/fail") => `${pathname.replace(/\/$/, "")}${end}${search}` || "/";
  const tell = async (end: "" | "/start" | "/fail", text: string): Promise<void> => {
    for (let tries = 1; ; tries++) {
      const wrong = await post(http, { origin, host, target: target(end), text });
      if (wrong === undefined) return;
      if (tries === TRIES) {
        note(
          `${host} could not be told ${end === "/start" ? "that the run begins" : "how the run ended"} (--ping): ${visible(redact(wrong))}.`,
        );
        return;
      }
      await clock.sleep(PAUSE_MS * tries);
    }
  };
  let started: Promise<void> = Promise.resolve();
  return {
    start() {
      started = tell("/start", "");
    },
    async end(code, said) {
      await started;
      await tell(code === exitCodes.done ? "" : "/fail", [`exit code ${code}`, ...said].join("\n"));
      await http.close();
    },
  };
}

interface Post {
  readonly origin: string;
  readonly host: string;
  readonly target: string;
  readonly text: string;
}

/** What went wrong; undefined where it was taken. */
function post(http: Http, { origin, host, target, text }: Post): Promise<string | undefined> {
  const body = Buffer.from(text);
  const headers = [
    ["host", host],
    ["content-type", "text/plain; charset=utf-8"],
    ["content-length", String(body.length)],
  ] as const;
  return new Promise((resolve) => {
    http.send(
      { origin, method: "POST", target, headers, body, bufferUpTo: 4096 },
      {
        onReply(reply) {
          if (reply.kind === "stream") reply.stream.destroy();
          resolve(reply.status >= 200 && reply.status < 300 ? undefined : `it answered with status ${reply.status}`);
        },
        onError(error) {
          const { message, code } = ensureError(error) as Error & { code?: string };
          resolve(code === undefined ? message : `${code}, ${message}`);
        },
      },
    );
  });
}
