/** `cos-originals run`: plan, archive and report in this process. */

import type { Command } from "commander";
import type { Settings } from "../../config/read.ts";
import type { SettingName } from "../../config/settings.ts";
import { httpOf } from "../../http/of-environment.ts";
import { noSuchRun, readRequest } from "../../ledger/plan/request.ts";
import type { Summary } from "../../report/summary.ts";
import { summaryText } from "../../report/summary-text.ts";
import { newestRun } from "../../run/inspect/runs.ts";
import type { Place } from "../../run/messages/messages.ts";
import { rowsOf } from "../../run/plan/rows.ts";
import { openLedger } from "../../run/surroundings/open-ledger.ts";
import type { Surroundings } from "../../run/surroundings/surroundings.ts";
import { turned } from "../../run/surroundings/turned.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { systemClock } from "../../vocabulary/clock.ts";
import { ensureError, UserError } from "../../vocabulary/errors.ts";
import { languageSaid } from "../settings/language.ts";
import { standardInput } from "../settings/manifest-input.ts";
import { ledgerPlace } from "../settings/places.ts";
import {
  checkListingNamed,
  checkRowsGiven,
  type KeptRunInput,
  runInputFromSettings,
  settingsOfBeginning,
  settingsOfPrices,
  settingsOfRequest,
  settingsOfWork,
} from "../settings/run-input.ts";
import { surroundingsFromSettings } from "../settings/surroundings-from-settings.ts";
import { checkTargets, tellRunRefused } from "../settings/targets.ts";
import { onRunInterrupt } from "./ending/run-interrupt.ts";
import { agreeToCost } from "./input/agreed-cost.ts";
import { commandWorld } from "./input/command-world.ts";
import { addFlags, type Flags, settingsFromFlags } from "./input/setting-flags.ts";
import { withRunMetrics } from "./metrics/with-run-metrics.ts";
import { addSummaryMd, openSummaryMd } from "./pages/summary-md.ts";
import { createPing } from "./ping.ts";
import { noteAfter, runToEnd } from "./run-to-end.ts";
import { type ExitCode, exitCodeOfError, exitCodes } from "./terminal/exit-codes.ts";
import type { Terminal } from "./terminal/terminal.ts";

const settingsOfRun: readonly SettingName[] = [
  ...settingsOfRequest,
  ...settingsOfBeginning,
  "resume",
  "ping",
  "stats",
  "metricsFile",
  "logFormat",
  "logLevel",
  ...settingsOfWork,
  "confirmAbove",
  ...settingsOfPrices,
];

/** Where the run is recorded and archived; all else of what is asked --resume takes from the run itself. */
const placesOfRun: ReadonlySet<SettingName> = new Set([
  "archive",
  "ledger",
  "region",
  "sourceRegion",
  "archiveRegion",
  "manifestRegion",
]);
const fixedByRun = [...settingsOfRequest, "again" as const].filter((name) => !placesOfRun.has(name));

export function describeRun(command: Command): void {
  addFlags(
    addSummaryMd(command)
      .option("--dry-run", "say what it would come to, as plan does, and begin nothing")
      .option("--yes", "begin it without asking, whatever it may cost")
      .addHelpText(
        "after",
        `
Credentials come from the environment: TENCENTCLOUD_SECRETID, TENCENTCLOUD_SECRETKEY, TENCENTCLOUD_SESSIONTOKEN; for an
archive in another account ORIGINALS_ARCHIVE_SECRETID and so on. Every flag is an environment variable as well:
--source-region is ORIGINALS_SOURCE_REGION.

Exit codes: 0 all archived or skipped, 2 usage, 3 some keys failed, 4 halted, 5 incomplete, 6 credentials refused,
130 interrupted. The same command again continues the run.

Examples:
  cos-originals run --source cos://photos-1250000000 --archive cos://archive-1250000000/photos/ \\
    --region ap-guangzhou --manifest keys.csv
  cos-originals run --resume m-4a1b… --ledger cos://archive-1250000000/photos/.originals/ --region ap-guangzhou`,
      ),
    settingsOfRun,
  );
}

export async function runCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  if (flags.dryRun === true) return rehearse(flags, terminal);
  const settings = await settingsFromFlags(flags, terminal);
  const { ping: url, metricsFile, logFormat, logLevel } = settings.values;
  if (logFormat !== undefined || settings.given("logLevel")) terminal.logAs(logFormat ?? "text", logLevel);
  return withRunMetrics(metricsFile, (told) => runAndTell(settings, flags, terminal, url, told));
}

/** @param told of how it ended, where it began */
async function runAndTell(
  settings: Settings,
  flags: Flags,
  terminal: Terminal,
  url: string | undefined,
  told: (summary: Summary) => void,
): Promise<ExitCode> {
  const tellSummary = await openSummaryMd(flags);
  const work = async (onEnd: (summary: Summary) => void = () => undefined): Promise<ExitCode> => {
    let last: Summary | undefined;
    const code = await archive(settings, flags, terminal, (summary) => {
      last = summary;
      told(summary);
      onEnd(summary);
    });
    if (last !== undefined) await tellSummary(last, languageSaid(settings, process.env));
    return code;
  };
  if (url === undefined) return work();
  const createHttp = httpOf(process.env);
  const ping = createPing(url, { createHttp, clock: systemClock, note: terminal.note });
  ping.start();
  let said: readonly string[] = [];
  let code: ExitCode = exitCodes.fault;
  try {
    code = await work((summary) => {
      // Its counts; the lines behind them name keys.
      said = summaryText({ ...summary, failures: null }).slice(0, 3);
    });
    return code;
  } catch (thrown) {
    code = exitCodeOfError(ensureError(thrown));
    throw thrown;
  } finally {
    await ping.end(code, said);
  }
}

/** What goes on needs no plan, and has one. */
async function rehearse(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const { said, values } = await settingsFromFlags(flags, terminal);
  if (values.resume !== undefined) {
    throw new UserError(
      "InvalidSetting",
      `--dry-run plans what would be begun, but ${said("resume")} goes on with what is planned; see: cos-originals status RUN.`,
    );
  }
  const { planCommand } = await import("./plan.ts");
  return planCommand(flags, terminal);
}

async function archive(
  settings: Settings,
  flags: Flags,
  terminal: Terminal,
  onEnd: (summary: Summary) => void,
): Promise<ExitCode> {
  await checkTargets(settings, terminal.log);
  const world = commandWorld(settings, terminal.log);
  const surroundings = surroundingsFromSettings(settings, world);
  const interrupt = onRunInterrupt(terminal);
  const { signal } = interrupt;
  let dispose = async (): Promise<void> => undefined;
  let begun = false;
  const onBegun = () => {
    begun = true;
  };
  try {
    checkCombination(settings);
    const kept = await prepare(settings, surroundings, terminal, signal);
    dispose = kept.dispose;
    noteAfter(kept, terminal);
    if (terminal.seated && flags.json !== true && flags.yes !== true) {
      await agreeToCost(kept.input, settings, surroundings, terminal, signal);
    }
    // One that brings keys back from an archive goes the other way.
    const isBack = kept.input.request.options.fromArchive !== undefined;
    return await runToEnd(kept.input, isBack ? turned(surroundings) : surroundings, terminal, {
      interrupt,
      flags,
      stats: settings.values.stats,
      onEnd,
      onBegun,
    });
  } catch (error) {
    // Interrupted before the run began: nothing was done, and nothing is wrong.
    if (signal.aborted && error instanceof Error && error.name === "AbortError") return exitCodes.interrupted;
    if (!begun) await tellRunRefused(error, settings, surroundings);
    throw error;
  } finally {
    interrupt.dispose();
    await dispose();
    await surroundings.close();
  }
}

function checkCombination(settings: Settings): void {
  const { values, said } = settings;
  if (values.resume === undefined) {
    checkRowsGiven(settings, ", or with --resume ID");
    checkListingNamed(settings);
    return;
  }
  const flag = fixedByRun.find((name) => said(name).startsWith("--") && settings.given(name));
  if (flag !== undefined) {
    throw new UserError(
      "InvalidSetting",
      `${said(flag)} can't be given with ${said("resume")}: the run itself says what it was asked.`,
    );
  }
}

async function lastRun(ledger: Place, surroundings: Surroundings, terminal: Terminal): Promise<string> {
  const newest = await newestRun(ledger, surroundings);
  if (newest === undefined) {
    throw new UserError("NoSuchRun", `There is no run below ${printAddress(ledger)}, so none can be the last.`);
  }
  terminal.note(`The last run is ${newest}.`);
  return newest;
}

async function prepare(
  settings: Settings,
  surroundings: Surroundings,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<KeptRunInput> {
  const { resume: said } = settings.values;
  if (said === undefined) return runInputFromSettings(settings, surroundings, standardInput(), signal, true);
  const ledger = ledgerPlace(settings);
  const resume = said === "last" ? await lastRun(ledger, surroundings, terminal) : said;
  const store = openLedger(ledger, resume, surroundings);
  const request = await readRequest(store);
  if (request === undefined) throw noSuchRun(store, resume);
  return {
    input: { ledger, request, rows: () => rowsOf(request, surroundings, { ledger }), beside: settings.values.beside },
    dispose: async () => undefined,
  };
}
