/**
 * A dead man's switch: somebody outside is told that a run begins and how it ended, and raises the alarm where neither comes. The
 * convention is that of healthchecks.io (https://healthchecks.io/docs/http_api/): URL/start, URL for success, URL/fail.
 *
 * It costs no row and holds up nothing but the end of the process, for a few seconds: what can't be delivered is tried again, then told.
 */
import { createPoster } from "../../events/post.ts";
import type { CreateHttp } from "../../http/port/http.ts";
import type { Clock } from "../../vocabulary/clock.ts";
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
  const address = new URL(url);
  address.pathname = address.pathname.replace(/\/$/, "");
  const poster = createPoster(address.href, { createHttp, timeouts });
  const tell = async (suffix: "" | "/start" | "/fail", text: string): Promise<void> => {
    for (let tries = 1; ; tries++) {
      const headers = [["content-type", "text/plain; charset=utf-8"]] as const;
      const posted = await poster.post({ suffix, headers, body: Buffer.from(text) });
      if (posted.kind === "taken") return;
      if (tries === TRIES) {
        const what = suffix === "/start" ? "that the run begins" : "how the run ended";
        note(`${poster.host} could not be told ${what} (--ping): ${posted.why}.`);
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
      await poster.close();
    },
  };
}
