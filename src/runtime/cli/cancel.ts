/** `cos-originals cancel`: no new task of a run begins. */
import type { Command } from "commander";
import { cancelAndTell } from "../../run/work/cancel.ts";
import { ledgerFlags } from "./input/ledger-flags.ts";
import { settingsOfLedger, withRecordedRun } from "./input/recorded-run.ts";
import { addFlags, type Flags } from "./input/setting-flags.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import type { Terminal } from "./terminal/terminal.ts";

export function describeCancel(command: Command): void {
  addFlags(
    command.option("--reason <TEXT>", "why, for its report", "cancelled by hand").addHelpText(
      "after",
      `
What is under way ends and is recorded; nothing is lost, and resume goes on from there.

Exit codes: 0 cancelled (or over already), 2 usage, 6 credentials refused.

Example:
  cos-originals cancel nightly-2026-11-22 --archive cos://archive-1250000000/photos/ --region ap-guangzhou`,
    ),
    settingsOfLedger,
  );
}

export async function cancelCommand(flags: Flags, terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return withRecordedRun(flags, terminal, args, async ({ id, place, surroundings, json }) => {
    const cancelled = await cancelAndTell(place, id, surroundings, String(flags.reason));
    const state = cancelled.kind;
    const over = state === "complete";
    if (json) terminal.out(JSON.stringify({ schema: "cos-originals/control@1", run: id, state }));
    else terminal.out(over ? `run ${id} is complete: there is nothing to cancel` : `run ${id} is cancelled`);
    if (cancelled.kind === "cancelled" && (cancelled.told?.undelivered ?? 0) > 0) {
      terminal.note(
        `Nobody could be told so yet; it is kept. To try again: cos-originals events ${id} ${ledgerFlags(place)}`,
      );
    }
    if (!over) terminal.note(`Let it go on with: cos-originals resume ${id} ${ledgerFlags(place)}`);
    return exitCodes.done;
  });
}
