/** `cos-originals redrive`: a new run of the rows that failed. */
import type { Command } from "commander";
import type { Settings } from "../../config/read.ts";
import type { SettingName } from "../../config/settings.ts";
import type { Summary } from "../../report/summary.ts";
import { prepareRedrive, type RedriveOptions } from "../../run/work/redrive.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { counted, formatCount, verbOf } from "../../vocabulary/counted.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { runIdOf, settingsOfWork } from "../settings/run-input.ts";
import { checkTargets } from "../settings/targets.ts";
import { onRunInterrupt } from "./ending/run-interrupt.ts";
import { hasQueue } from "./input/queue-of-settings.ts";
import { type RecordedRun, settingsOfLedger, surroundingsOfRun, withRunBySettings } from "./input/recorded-run.ts";
import { addFlags, type Flags, settingsFromFlags } from "./input/setting-flags.ts";
import { withRunMetrics } from "./metrics/with-run-metrics.ts";
import { runToEnd } from "./run-to-end.ts";
import { submitAndTell } from "./submit.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Options that may be other than the run's own: what failed by one may succeed by another. */
const changeable = [
  "ifExists",
  "ifChanged",
  "archivedClass",
  "restoreTier",
  "restoreDays",
  "proof",
  "expect",
  "storageClass",
  "encryption",
  "maxAttempts",
  "maxFailures",
  "shardSize",
  "csvSafe",
  "events",
  "notify",
  "maxCost",
  "maxBytes",
] as const satisfies readonly SettingName[];

export function describeRedrive(command: Command): void {
  const settings = new Set<SettingName>([
    ...settingsOfLedger,
    "run",
    "beside",
    ...changeable,
    "stats",
    "metricsFile",
    ...settingsOfWork,
    "queue",
  ]);
  addFlags(
    command.addHelpText(
      "after",
      `
The new run is RUN-redrive-1, or the next number, unless --run names it; the same command again continues it. It does as RUN
did but for the flags that are given here. Rows that can't be read and collisions of archive keys are left out: they can't succeed.

Exit codes: as run; with --queue 0 sent; 3 where no failed row could succeed; 5 where outcomes are not listed.

Example:
  cos-originals redrive nightly-2026-11-22 --archive cos://archive-1250000000/photos/ --region ap-guangzhou`,
    ),
    [...settings],
  );
}

export async function redriveCommand(flags: Flags, terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  const settings = await settingsFromFlags(flags, terminal);
  return withRunMetrics(settings.values.metricsFile, (told) =>
    withRunBySettings(settings, flags, terminal, args, (recorded) => redrive(recorded, flags, terminal, told)),
  );
}

/** @param told of how it ended, where it is worked here */
async function redrive(
  recorded: RecordedRun,
  flags: Flags,
  terminal: Terminal,
  told: (summary: Summary) => void,
): Promise<ExitCode> {
  const { id, place, settings, json } = recorded;
  await checkTargets(settings, terminal.log);
  const { surroundings, isBack } = await surroundingsOfRun(recorded);
  if (isBack && hasQueue(settings)) throw backByNoQueue(id, settings);
  const interrupt = onRunInterrupt(terminal);
  try {
    const {
      input: prepared,
      rows,
      left,
    } = await prepareRedrive(place, id, surroundings, {
      run: runIdOf(settings, surroundings),
      options: changedOptions(settings),
    });
    const input = prepared && { ...prepared, beside: settings.values.beside };
    if (left > 0) {
      terminal.note(
        `${formatCount(left)} of the ${counted(left + rows, "failed row")} ${verbOf(left, "is", "are")} left out: ${verbOf(left, "it", "they")} can't be read, or ${verbOf(left, "collides", "collide")} with another row's archive key.`,
      );
    }
    if (input === undefined) {
      if (json)
        terminal.out(JSON.stringify({ schema: "cos-originals/redrive@1", redriveOf: id, run: null, rows, left }));
      else terminal.out(`run ${id} has no failed rows that could be tried again`);
      return left > 0 ? exitCodes.failedKeys : exitCodes.done;
    }
    if (isBack) {
      terminal.note(`It writes into ${printAddress(input.request.archive)}, as the run ${id} did.`);
    }
    if (hasQueue(settings)) return await submitAndTell(input, settings, surroundings, json, terminal);
    const { stats } = settings.values;
    return await runToEnd(input, surroundings, terminal, { interrupt, flags, stats, onEnd: told });
  } finally {
    interrupt.dispose();
  }
}

const backByNoQueue = (id: string, { said }: Settings) =>
  new UserError(
    "InvalidSetting",
    `The run ${quote(id)} brings keys back from an archive, which no queue's worker does; leave out ${said("queue")}.`,
  );

function changedOptions({ values, given }: Settings): RedriveOptions["options"] {
  return Object.fromEntries(changeable.filter(given).map((name) => [name, values[name]]));
}
