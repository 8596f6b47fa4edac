/** `cos-originals resume`: let a run that was cancelled or halted go on. */
import type { Command } from "commander";
import { statusOf } from "../../run/inspect/status.ts";
import { queueSender } from "../../run/messages/queue-sender.ts";
import { resumeRun } from "../../run/reconcile/cancel-resume.ts";
import { ledgerFlags } from "./input/ledger-flags.ts";
import { hasQueue, openQueue, withQueue } from "./input/queue-of-settings.ts";
import { settingsOfLedger, withRecordedRun } from "./input/recorded-run.ts";
import { addFlags, type Flags } from "./input/setting-flags.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import type { Terminal } from "./terminal/terminal.ts";

export function describeResume(command: Command): void {
  addFlags(
    command.addHelpText(
      "after",
      `
A run that was halted for its failures is not halted for them again; one that was halted by --max-cost or --max-bytes needs more
of it, which is said here.

Exit codes: 0 it may go on (or is complete already), 2 usage, 6 credentials refused.

Example:
  cos-originals resume nightly-2026-11-22 --archive cos://archive-1250000000/photos/ --region ap-guangzhou \\
    --queue sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/originals`,
    ),
    [...settingsOfLedger, "queue", "maxCost", "maxBytes"],
  );
}

export async function resumeCommand(flags: Flags, terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return withRecordedRun(flags, terminal, args, async ({ id, place, settings, surroundings, json }) => {
    const { summary } = await statusOf(place, id, surroundings);
    const over = summary.state === "complete";
    const queued = hasQueue(settings);
    const { maxCost, maxBytes } = settings.values;
    const caps = { ...(maxCost !== undefined && { maxCost }), ...(maxBytes !== undefined && { maxBytes }) };
    if (queued && !over) {
      const queue = openQueue(settings, terminal.log);
      const sender = queueSender(queue.client, queue.queueUrl, surroundings);
      await withQueue(settings, queue, () => resumeRun(place, id, surroundings, sender, caps));
    } else if (!over) await resumeRun(place, id, surroundings, undefined, caps);
    const state = over ? "complete" : "running";
    if (json)
      terminal.out(JSON.stringify({ schema: "cos-originals/control@1", run: id, state, sent: queued && !over }));
    else if (over) terminal.out(`run ${id} is complete: there is nothing to go on with`);
    else terminal.out(queued ? `run ${id} goes on` : `run ${id} may go on, and nobody works on it yet`);
    if (!over && !queued) {
      terminal.note([
        `Continue here with: cos-originals run --resume ${id} ${ledgerFlags(place)}`,
        `or by a queue's workers with: cos-originals resume ${id} ${ledgerFlags(place)} --queue sqs:URL`,
      ]);
    }
    return exitCodes.done;
  });
}
