/** Why no new task of a delivery starts: a control of the run, an attempt that goes on instead, or a halt of its own. */
import { setMaxListeners } from "node:events";
import { type Control, writeControl } from "../../ledger/control.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";

export type Stop =
  | { readonly kind: "control"; readonly control: Control }
  | { readonly kind: "yield" }
  /** This worker is refused what others are not. */
  | { readonly kind: "sick"; readonly code: string; readonly reason: string };

export interface Stops {
  /** Aborts once nothing new may start. */
  readonly signal: AbortSignal;
  /** The first of all; undefined while there is none, or none that concerns anybody but this delivery. */
  reason(): Stop | undefined;
  stop(why: Stop): void;
  /** For a fault, or an end that this process alone comes to. */
  quit(): void;
  /** Halts the run, once, unless a control has stopped it already. */
  halt(reason: string): Promise<void>;
}

/** @param others end it as well: the process is to stop, or what is done can't be recorded any more */
export function createStops(
  {
    ledger,
    run,
    shard,
    clock,
    log,
  }: {
    readonly ledger: LedgerStore;
    readonly run: string;
    readonly shard: number;
    readonly clock: Clock;
    readonly log: Log;
  },
  others: readonly AbortSignal[],
): Stops {
  let why: Stop | undefined;
  let halting: Promise<void> | undefined;
  const quit = new AbortController();
  const signal = AbortSignal.any([quit.signal, ...others]);
  // Every waiting task listens to it, and Node would warn of a leak.
  setMaxListeners(0, signal);
  const stop = (reason: Stop) => {
    why ??= reason;
    quit.abort();
  };
  const writeHalt = async (reason: string): Promise<void> => {
    if (why?.kind === "control") return;
    // Nothing starts while the word is on its way.
    quit.abort();
    const control = await writeControl(ledger, "halt", reason, new Date(clock.now()).toISOString());
    stop({ kind: "control", control });
    log.error("run halted", { run, shard, reason });
  };
  return {
    signal,
    reason: () => why,
    stop,
    quit: () => quit.abort(),
    halt(reason) {
      halting ??= writeHalt(reason);
      return halting;
    },
  };
}
