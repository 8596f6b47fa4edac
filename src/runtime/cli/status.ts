/** `cos-originals status`: how a run stands, by LISTs alone. */
import type { Command } from "commander";
import type { Summary } from "../../report/summary.ts";
import { summaryText } from "../../report/summary-text.ts";
import { type RunStatus, statusOf } from "../../run/inspect/status.ts";
import { queueSender } from "../../run/messages/queue-sender.ts";
import { reconcileMessage } from "../../run/reconcile/cancel-resume.ts";
import { sendIdle } from "../../run/reconcile/idle-shards.ts";
import { systemClock } from "../../vocabulary/clock.ts";
import { counted, verbOf } from "../../vocabulary/counted.ts";
import { openQueue, withQueue } from "./input/queue-of-settings.ts";
import { type RecordedRun, settingsOfLedger, surroundingsOfRun, withRecordedRun } from "./input/recorded-run.ts";
import { addFlags, type Flags } from "./input/setting-flags.ts";
import { addSummaryMd, openSummaryMd } from "./pages/summary-md.ts";
import { type ExitCode, exitCodeOfRun, exitCodes } from "./terminal/exit-codes.ts";
import { onInterrupt } from "./terminal/interrupt.ts";
import { progressParts } from "./terminal/progress.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Milliseconds between two looks. */
const every = 3_000;

export function describeStatus(command: Command): void {
  addFlags(
    addSummaryMd(command)
      .option(
        "--full",
        "read the outcomes too, for proofs, requests and reasons, and for the rows of shards that are not over",
      )
      .option("--watch", "look again every few seconds until the run is at rest; with --json, a line for each change")
      .option(
        "--serve [PORT]",
        "show the run as a page that moves, on 127.0.0.1 alone (default: any port that is free), until Ctrl+C",
      )
      .option(
        "--repair",
        "send to --queue the shards that nobody works on, and a reconcile message, should the run's own have been lost",
      )
      .addHelpText(
        "after",
        `
Exit codes: 0 all archived or skipped, 3 some keys failed, 4 halted, 5 rows are pending (running, incomplete or cancelled),
2 usage, 6 credentials refused.

Examples:
  cos-originals status nightly-2026-11-22 --archive cos://archive-1250000000/photos/ --region ap-guangzhou --watch
  cos-originals status nightly-2026-11-22 --archive cos://archive-1250000000/photos/ --region ap-guangzhou \\
    --repair --queue sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/originals`,
      ),
    [...settingsOfLedger, "queue", "lang"],
  );
}

export async function statusCommand(flags: Flags, terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return withRecordedRun(flags, terminal, args, async (run) => {
    if (flags.serve !== undefined) {
      const { serveRun } = await import("./live/serve-run.ts");
      return serveRun(run, flags.serve, terminal);
    }
    const { id, place, json } = run;
    const full = flags.full === true;
    const { surroundings } = full ? await surroundingsOfRun(run) : run;
    const tellSummary = await openSummaryMd(flags);
    const look = async () => (await statusOf(place, id, surroundings, { full })).summary;
    const status = await statusOf(place, id, surroundings, { full });
    const first = status.summary;
    if (flags.repair === true) await repair(run, status, terminal);
    const summary = flags.watch === true ? await watch(look, first, json, terminal) : first;
    if (summary === undefined) return exitCodes.interrupted;
    await tellSummary(summary, surroundings.settings.language);
    if (!json) terminal.out(summaryText(summary));
    else if (flags.watch !== true) terminal.out(JSON.stringify(summary));
    return exitCodeOfRun(summary, false);
  });
}

async function repair(
  { id, place, surroundings, settings }: RecordedRun,
  { ledger, run, summary: { state }, idle }: RunStatus,
  terminal: Terminal,
): Promise<void> {
  const queue = openQueue(settings, terminal.log);
  const sender = queueSender(queue.client, queue.queueUrl, surroundings);
  const sent = await withQueue(settings, queue, async () => {
    await sender.send(reconcileMessage(place, id));
    return run === undefined ? 0 : sendIdle(ledger, { run, place }, idle.shards, sender, surroundings);
  });
  const others =
    sent === 0 ? "" : `, and ${counted(sent, "shard")} that nobody worked on ${verbOf(sent, "was", "were")} sent again`;
  terminal.note(
    state === "halted" || state === "cancelled"
      ? `A reconcile message was sent, but the run is ${state}; let it go on with: cos-originals resume ${id}`
      : `A reconcile message was sent${others}.`,
  );
}

const restoringNow = ({ restoring }: Summary) =>
  restoring && { rows: restoring.rows, nextLookMs: Math.max(0, Date.parse(restoring.lookAt) - systemClock.now()) };

/** Undefined where it was interrupted. */
async function watch(
  look: () => Promise<Summary>,
  first: Summary,
  json: boolean,
  terminal: Terminal,
): Promise<Summary | undefined> {
  const interrupt = onInterrupt(terminal, "The run goes on without being watched.");
  const { signal } = interrupt;
  const parts = progressParts(systemClock);
  let summary = first;
  let told = "";
  try {
    for (;;) {
      // Time passes without anything having changed.
      const says = JSON.stringify({ ...summary, seconds: null });
      if (json && says !== told) terminal.out(JSON.stringify(summary));
      told = says;
      terminal.status(parts({ ...summary, restoring: restoringNow(summary), atOnce: undefined }));
      if (summary.state !== "running") return summary;
      await systemClock.sleep(every, signal);
      if (signal.aborted) return undefined;
      summary = await look();
    }
  } finally {
    terminal.status("");
    interrupt.dispose();
  }
}
