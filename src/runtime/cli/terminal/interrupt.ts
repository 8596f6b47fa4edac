/** SIGINT and SIGTERM: the first lets the command end cleanly, the second ends it at once. */
import { setMaxListeners } from "node:events";
import { type Clock, systemClock } from "../../../vocabulary/clock.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Terminal, Text } from "./terminal.ts";

export interface Interrupt {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** Aborts at the second, where there are words for it: what has something to put in order may still do so, for a moment. */
  readonly atOnce: AbortSignal;
  /** Signals do again what they do by default. */
  dispose(): void;
}

/** What is said; each is asked for when its signal comes. */
export interface InterruptWords {
  readonly first: () => Text;
  /** Where absent the second signal ends the process on the spot. */
  readonly second?: () => Text;
}

/** What of the process is used, so that a test can bring another. */
export type SignalledProcess = Pick<NodeJS.EventEmitter, "on" | "off"> & { readonly exit: (code: number) => void };

const signals = ["SIGINT", "SIGTERM"] as const;

/** From the second signal on; whatever is not done by then is left. */
const AT_ONCE_MS = 1_500;
/** npm and npx hand on what the terminal sends to their command as well: one key, twice the same signal. */
const SAME_KEY_MS = 100;

export function onInterrupt(
  terminal: Pick<Terminal, "note"> & Partial<Pick<Terminal, "status">>,
  words: string | InterruptWords,
  { host = process, clock = systemClock }: { readonly host?: SignalledProcess; readonly clock?: Clock } = {},
): Interrupt {
  const { first, second } = typeof words === "string" ? { first: () => words, second: undefined } : words;
  const stop = new AbortController();
  const atOnce = new AbortController();
  // Every delivery listens to it, and Node would warn of a leak.
  for (const { signal } of [stop, atOnce]) setMaxListeners(0, signal);
  const end = () => {
    // Or the shell's prompt stands behind the line of progress.
    terminal.status?.("");
    host.exit(exitCodes.interrupted);
  };
  const last = new Map<string, number>();
  const heard = (name: string) => {
    const now = clock.elapsed();
    const isEcho = now - (last.get(name) ?? Number.NEGATIVE_INFINITY) < SAME_KEY_MS;
    last.set(name, now);
    if (isEcho) return;
    if (!stop.signal.aborted) {
      terminal.note(first());
      stop.abort();
    } else if (second === undefined || atOnce.signal.aborted) end();
    else {
      terminal.note(second());
      atOnce.abort();
      void clock.sleep(AT_ONCE_MS).then(end);
    }
  };
  for (const name of signals) host.on(name, heard);
  return {
    signal: stop.signal,
    atOnce: atOnce.signal,
    dispose() {
      for (const name of signals) host.off(name, heard);
    },
  };
}
