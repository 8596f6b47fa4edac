/** `cos-originals events`: tell others what could not be told, or all of it once more. */
import type { Command } from "commander";
import { type SentEvents, sendEvents } from "../../../run/work/send-events.ts";
import { counted, formatCount, verbOf } from "../../../vocabulary/counted.ts";
import { checkTarget } from "../../settings/targets.ts";
import { settingsOfLedger, withRecordedRun } from "../input/recorded-run.ts";
import { addFlags, type Flags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import type { Terminal } from "../terminal/terminal.ts";

export function describeEvents(command: Command): void {
  addFlags(
    command
      .option(
        "--replay",
        "tell of every object that the run archived, whatever was told before, in whatever state the run is",
      )
      .addHelpText(
        "after",
        `
Without --replay it sends what could not be delivered, and the notice of the run's end where nobody took it. An event has the same id
each time, so that a consumer can leave it out. --events says who is told instead of whom the run tells.

Exit codes: 0 all was delivered, 5 something was not, 2 usage, 6 credentials refused, 130 interrupted.

Example:
  cos-originals events nightly-2026-11-22 --replay --archive cos://archive-1250000000/photos/ --region ap-guangzhou`,
      ),
    [...settingsOfLedger, "events"],
  );
}

export async function eventsCommand(flags: Flags, terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  return withRecordedRun(flags, terminal, args, async ({ id, place, settings, surroundings, json }) => {
    const interrupt = onInterrupt(terminal, "Stopping.");
    const { signal } = interrupt;
    const replay = flags.replay === true;
    try {
      const sent = await sendEvents(place, id, surroundings, {
        replay,
        to: settings.given("events") ? settings.values.events : undefined,
        signal,
        onSent: (count) => terminal.statusShown && terminal.status(`${counted(count, "event")} sent`),
        check: (target) => checkTarget(target, settings, terminal.log),
      });
      terminal.status("");
      if (json) terminal.out(JSON.stringify(documentOf(id, replay, sent)));
      else terminal.out(textOf(id, sent));
      if (signal.aborted) return exitCodes.interrupted;
      return sent.why === undefined && (replay || sent.undelivered === 0) ? exitCodes.done : exitCodes.incomplete;
    } finally {
      interrupt.dispose();
    }
  });
}

const documentOf = (run: string, replay: boolean, { sent, undelivered, why }: SentEvents) => ({
  schema: "cos-originals/events@1",
  run,
  replay,
  sent,
  undelivered,
  ...(why === undefined ? {} : { reason: why }),
});

function textOf(run: string, { sent, to, undelivered, why }: SentEvents): readonly string[] {
  return [
    `run ${run}: ${counted(sent, "event")} sent to ${to}`,
    ...(undelivered > 0
      ? [`  ${formatCount(undelivered)} ${verbOf(undelivered, "delivery is", "deliveries are")} left, and kept`]
      : []),
    ...(why === undefined ? [] : [`  not all was delivered: ${why}`]),
  ];
}
