/** `cos-originals work`: poll a queue, and archive what it brings. */

import type { Command } from "commander";
import { formatBytes } from "../../report/quantity.ts";
import { restoringText } from "../../report/restoring-text.ts";
import type { Summary } from "../../report/summary.ts";
import { type Worked, type WorkedRows, workQueue } from "../../run/work/work-queue.ts";
import { systemClock } from "../../vocabulary/clock.ts";
import { counted, formatCount } from "../../vocabulary/counted.ts";
import { unboundedRoles } from "../settings/allow-list.ts";
import { settingsOfWork } from "../settings/run-input.ts";
import { surroundingsFromSettings } from "../settings/surroundings-from-settings.ts";
import { checkTargets } from "../settings/targets.ts";
import { commandWorld } from "./input/command-world.ts";
import { openDeadLetterQueue, openQueue, withQueue } from "./input/queue-of-settings.ts";
import { addFlags, type Flags, settingsFromFlags } from "./input/setting-flags.ts";
import { minuteLine } from "./metrics/minute-line.ts";
import { progressFields, workedOn } from "./metrics/worked-on.ts";
import { type ExitCode, exitCodeOfRun, exitCodes } from "./terminal/exit-codes.ts";
import { onInterrupt } from "./terminal/interrupt.ts";
import { workedLine } from "./terminal/progress.ts";
import { statsLines } from "./terminal/stats.ts";
import { wholeLine } from "./terminal/status-line.ts";
import type { Terminal } from "./terminal/terminal.ts";

export function describeWork(command: Command): void {
  addFlags(
    command.option("--drain", "end when nothing is left to do, instead of waiting for more").addHelpText(
      "after",
      `
It says at start what it works on, and each minute how far it is; on standard error each line has its time. With --listen it answers /healthz (200
while it lives and asks its queue), /readyz (200 while credentials, queue and ledger are there; else 503, with the reasons) and /metrics.

SIGTERM and SIGINT end it cleanly: what is under way ends and is recorded, the rest goes back to the queue. With --drain it
ends when the queue is empty (nothing visible, in other hands, or delayed) and every run it worked on is at rest.

A message that can never be worked (not JSON, an unknown type, a run that does not exist) is sent to the dead-letter queue at once,
its body unchanged and the reason as the message attribute OriginalsReason, and then deleted. Where no dead-letter queue is
known, it is given back, and the queue's own redelivery moves it in the end. A message that only a newer version can work is given
back, with a warning, and --drain does not wait for it.

Exit codes: 0 stopped, or drained and every run archived; 2 usage; 6 credentials missing or refused; and with --drain, by the worst of its
runs: 3 failed keys or a message that can't be worked, 5 incomplete or cancelled, 4 halted; 130 interrupted.

Example:
  cos-originals work --queue sqs:https://sqs.eu-west-1.amazonaws.com/123456789012/originals --rate 2000/s --max-instances 10`,
    ),
    [
      "queue",
      "deadLetterQueue",
      "allow",
      "visibility",
      "events",
      "notify",
      "stats",
      "listen",
      "metricsFile",
      "logFormat",
      "logLevel",
      ...settingsOfWork,
    ],
  );
}

export async function workCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const settings = await settingsFromFlags(flags, terminal);
  const drain = flags.drain === true;
  const json = flags.json === true;
  const { log } = terminal;
  const { logFormat = "text", logLevel, listen, metricsFile } = settings.values;
  const queue = openQueue(settings, log);
  const deadLetterQueue = openDeadLetterQueue(settings, log);
  // What is wrong with its settings was said as any command says it.
  terminal.logAs(logFormat, logLevel);
  const opened = surroundingsFromSettings(settings, commandWorld(settings, log));
  const watched =
    listen === undefined && metricsFile === undefined ? undefined : await import("./metrics/watched-worker.ts");
  const watch = watched?.watchWorker({ settings, surroundings: opened, queue });
  const surroundings = { ...opened, meter: watch?.meter };
  // Else a message would be the first to find out, and be given back.
  await surroundings.checkCredentials();
  await checkTargets(settings, terminal.log);
  const unbounded = unboundedRoles(settings);
  if (unbounded !== undefined) terminal.note(unbounded);
  const interrupt = onInterrupt(terminal, {
    first: () => {
      watch?.stopping();
      return "Stopping: what is under way ends, within 25 s, the rest goes back to the queue. Ctrl+C once more stops at once.";
    },
    second: () => "Stopped at once: what was under way is given up, and comes again from the queue.",
  });
  const { signal, atOnce } = interrupt;
  try {
    const listening = await watch?.listen();
    log.info("Working.", workedOn({ settings, surroundings, queue, listening }));
    const { visibility, stats } = settings.values;
    const tellOften = statsLines(stats, terminal.note, systemClock);
    const minute = minuteLine(systemClock);
    const onProgress = (worked: WorkedRows) => {
      watch?.progress(worked);
      const line = workedLine(worked);
      terminal.status(line);
      tellOften(() => wholeLine(line));
      // Where a terminal shows how far it is, or it is told oftener or seldomer, nobody needs it.
      const said = stats === undefined && !terminal.statusShown ? minute(worked) : undefined;
      if (said === "nothing") log.info("Nothing to do: the queue brings nothing.");
      if (said === "unasked") log.warn("Nothing is done: the queue can't be asked what there is to do.");
      if (said === "progress") log.info("Working on.", progressFields(worked));
    };
    const worked = await withQueue(settings, queue, () =>
      workQueue(surroundings, { queue, deadLetterQueue, visibility, drain, signal, giveUp: atOnce, onProgress }),
    );
    terminal.status("");
    if (json) terminal.out(JSON.stringify(documentOf(worked)));
    else terminal.out(textOf(worked));
    if (!drain) return exitCodes.done;
    return signal.aborted ? exitCodes.interrupted : worstOf(worked);
  } finally {
    terminal.status("");
    interrupt.dispose();
    await watch?.close();
    deadLetterQueue?.client.destroy();
    await surroundings.close();
  }
}

const byWorse: readonly ExitCode[] = [exitCodes.halted, exitCodes.incomplete, exitCodes.failedKeys];

export function worstOf({
  runs,
  rejected,
}: {
  readonly runs: readonly Pick<Summary, "state" | "failed">[];
  readonly rejected: number;
}): ExitCode {
  const codes = new Set(runs.map((summary) => exitCodeOfRun(summary, false)));
  if (rejected > 0) codes.add(exitCodes.failedKeys);
  return byWorse.find((code) => codes.has(code)) ?? exitCodes.done;
}

function textOf({ acknowledged, givenBack, rejected, rows, runs }: Worked): readonly string[] {
  const { archived, skipped, failed, bytes } = rows;
  return [
    `${counted(acknowledged, "message")} worked, ${formatCount(givenBack)} given back, ${formatCount(rejected)} that can't be worked`,
    `  ${formatCount(archived)} archived + ${formatCount(skipped)} skipped + ${formatCount(failed)} failed, ${formatBytes(bytes)}`,
    ...runs.flatMap(({ run, state, rows, failed, pending, restoring }) => [
      `  run ${run} is ${state}: ${counted(rows, "row")}, ${formatCount(failed)} failed, ${formatCount(pending)} pending`,
      ...(restoring === undefined ? [] : [`    ${restoringText(state, restoring)}`]),
    ]),
  ];
}

function documentOf({ acknowledged, givenBack, rejected, rows, runs }: Worked) {
  return { schema: "cos-originals/work@1", messages: { acknowledged, givenBack, rejected }, ...rows, runs };
}
