/** Works a run in this process until it ends, and tells how: what `run` and `redrive` have in common. */

import { reportPrefix } from "../../ledger/runs.ts";
import type { Summary } from "../../report/summary.ts";
import { summaryText } from "../../report/summary-text.ts";
import type { RunInput } from "../../run/plan/begin-run.ts";
import type { Surroundings } from "../../run/surroundings/surroundings.ts";
import { type RunEnd, runHere } from "../../run/work/run-here.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { systemClock } from "../../vocabulary/clock.ts";
import type { KeptRunInput } from "../settings/run-input.ts";
import { ledgerFlags } from "./input/ledger-flags.ts";
import { type ExitCode, exitCodeOfRun, exitCodes } from "./terminal/exit-codes.ts";
import { progressLine } from "./terminal/progress.ts";
import type { Terminal } from "./terminal/terminal.ts";

export const interruptNote = "Stopping: what is under way ends, nothing new begins. Once more stops at once.";

/** Says of a run that is begun anew which one was over. */
export function noteAfter({ after, input }: Pick<KeptRunInput, "after" | "input">, terminal: Terminal): void {
  if (after === undefined) return;
  const when = after.endedAt === null ? "" : ` at ${after.endedAt}`;
  terminal.note(`The run ${after.run} ended${when}; ${input.request.run} looks again at what source and archive hold.`);
}

export interface ToEndOptions {
  readonly signal: AbortSignal;
  readonly json: boolean;
  readonly onEnd?: ((summary: Summary) => void) | undefined;
  readonly onBegun?: (() => void) | undefined;
}

export async function runToEnd(
  input: RunInput,
  surroundings: Surroundings,
  terminal: Terminal,
  { signal, json, onEnd, onBegun = () => undefined }: ToEndOptions,
): Promise<ExitCode> {
  const onProgress = progressLine(terminal.status, systemClock);
  try {
    const end = await runHere(input, surroundings, {
      signal,
      onBegun,
      ...(terminal.statusShown ? { onProgress } : {}),
    });
    terminal.status("");
    onEnd?.(end.summary);
    return tell(end, input, signal.aborted, json, terminal);
  } finally {
    terminal.status("");
  }
}

function tell(end: RunEnd, input: RunInput, interrupted: boolean, json: boolean, terminal: Terminal): ExitCode {
  const { summary, prefix } = end;
  if (json) terminal.out(JSON.stringify(summary));
  else terminal.out(summaryText(summary));
  const code = exitCodeOfRun(summary, interrupted);
  const { ledger } = input;
  if (code === exitCodes.interrupted || code === exitCodes.incomplete) {
    terminal.note(
      `Continue with the same command, or with: cos-originals run --resume ${summary.run} ${ledgerFlags(ledger)}`,
    );
  } else {
    terminal.note(`The report lies below ${printAddress({ ...ledger, prefix: reportPrefix(prefix) })}`);
  }
  return code;
}
