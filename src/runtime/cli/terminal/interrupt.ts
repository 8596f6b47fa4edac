/** SIGINT and SIGTERM: the first lets the command end cleanly, the second ends it at once. */
import { setMaxListeners } from "node:events";
import { exitCodes } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

export interface Interrupt {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** Signals do again what they do by default. */
  dispose(): void;
}

const signals = ["SIGINT", "SIGTERM"] as const;

/** `note` is told at the first signal. */
export function onInterrupt(terminal: Terminal, note: string): Interrupt {
  const controller = new AbortController();
  // Every delivery listens to it, and Node would warn of a leak.
  setMaxListeners(0, controller.signal);
  const heard = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    terminal.note(note);
    controller.abort();
  };
  for (const name of signals) process.on(name, heard);
  return {
    signal: controller.signal,
    dispose() {
      for (const name of signals) process.off(name, heard);
    },
  };
}
