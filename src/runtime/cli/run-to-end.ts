/** Works a run in this process until it ends, and tells how: what `run` and `redrive` have in common. */

import { reportPrefix } from "../../ledger/runs.ts";
import { formatWholeSeconds } from "../../report/quantity.ts";
import type { Summary } from "../../report/summary.ts";
import { summaryText } from "../../report/summary-text.ts";
import type { RunInput } from "../../run/plan/begin-run.ts";
import type { Surroundings } from "../../run/surroundings/surroundings.ts";
import { type RunEnd, runHere } from "../../run/work/run-here.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { systemClock } from "../../vocabulary/clock.ts";
import type { KeptRunInput } from "../settings/run-input.ts";
import { type CommandsOfRun, commandsOfRun, explanation } from "./ending/next-commands.ts";
import type { RunInterrupt } from "./ending/run-interrupt.ts";
import type { Flags } from "./input/setting-flags.ts";
import { type ExitCode, exitCodeOfRun, exitCodes } from "./terminal/exit-codes.ts";
import { progressParts, showing } from "./terminal/progress.ts";
import { statsLines } from "./terminal/stats.ts";
import { wholeLine } from "./terminal/status-line.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Says of a run that is begun anew which one was over. */
export function noteAfter({ after, input }: Pick<KeptRunInput, "after" | "input">, terminal: Terminal): void {
  if (after === undefined) return;
  const when = after.endedAt === null ? "" : ` at ${after.endedAt}`;
  terminal.note(`The run ${after.run} ended${when}; ${input.request.run} looks again at what source and archive hold.`);
}

export interface ToEndOptions {
  readonly interrupt: RunInterrupt;
  /** Of this command: the next ones are told with those that they need as well. */
  readonly flags: Flags;
  /** Seconds between two lines of --stats; none where absent. */
  readonly stats?: number | undefined;
  readonly onEnd?: ((summary: Summary) => void) | undefined;
  readonly onBegun?: (() => void) | undefined;
}

/** Milliseconds between two lines that say for how long a run is being begun. */
const beginningMs = 1_000;

export async function runToEnd(
  input: RunInput,
  surroundings: Surroundings,
  terminal: Terminal,
  { interrupt, flags, stats, onEnd, onBegun }: ToEndOptions,
): Promise<ExitCode> {
  const { signal, atOnce } = interrupt;
  const commands = commandsOfRun(input.request.run, input.ledger, flags);
  const parts = progressParts(systemClock);
  const show = showing(terminal.status, systemClock);
  const log = statsLines(stats, terminal.note, systemClock);
  const begun = new AbortController();
  void showBeginning(terminal, log, begun.signal);
  try {
    const end = await runHere(input, surroundings, {
      signal,
      giveUp: atOnce,
      onBegun() {
        interrupt.begun(commands.resume);
        onBegun?.();
      },
      onProgress(progress) {
        begun.abort();
        const line = parts(progress);
        show(line);
        log(() => wholeLine(line));
      },
    });
    begun.abort();
    terminal.status("");
    // It was told how to go on, and waits for no more.
    if (atOnce.aborted) return exitCodes.interrupted;
    onEnd?.(end.summary);
    return tell(end, input, { interrupted: signal.aborted, json: flags.json === true, commands }, terminal);
  } finally {
    begun.abort();
    terminal.status("");
  }
}

/** Reading a manifest, listing a source and planning take their time too. */
async function showBeginning(terminal: Terminal, log: ReturnType<typeof statsLines>, over: AbortSignal): Promise<void> {
  const from = systemClock.elapsed();
  for (;;) {
    await systemClock.sleep(beginningMs, over);
    if (over.aborted) return;
    const gone = formatWholeSeconds(Math.floor((systemClock.elapsed() - from) / 1_000));
    const line = `planning the run: reading what there is to archive  ${gone} gone`;
    terminal.status(line);
    log(() => line);
  }
}

function tell(
  { summary, prefix }: RunEnd,
  { ledger }: RunInput,
  how: { readonly interrupted: boolean; readonly json: boolean; readonly commands: CommandsOfRun },
  terminal: Terminal,
): ExitCode {
  if (how.json) terminal.out(JSON.stringify(summary));
  else terminal.out(summaryText(summary));
  const code = exitCodeOfRun(summary, how.interrupted);
  const { resume, redrive, report, letGoOn } = how.commands;
  if (code === exitCodes.interrupted || code === exitCodes.incomplete) {
    terminal.note(`Continue with the same command, or with: ${resume}`);
    return code;
  }
  terminal.note(`The report lies below ${printAddress({ ...ledger, prefix: reportPrefix(prefix) })}`);
  if (summary.failed === 0 && code !== exitCodes.halted) return code;
  terminal.note(`To have it here: ${report}`);
  const [commonest] = summary.failures ?? [];
  if (commonest !== undefined) terminal.note(`What ${commonest.code} means: ${explanation(commonest.code)}`);
  if (code === exitCodes.halted) terminal.note(`Once its reason is mended: ${letGoOn}, and then: ${resume}`);
  else terminal.note(`To try again what failed: ${redrive}`);
  return code;
}
