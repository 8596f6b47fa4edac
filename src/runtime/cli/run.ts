/** `cos-originals run`: plan, archive and report in this process. */
import type { Command } from "commander";
import { systemClock } from "../../clock.ts";
import type { Settings } from "../../config/read.ts";
import { flagOf, type SettingName } from "../../config/settings.ts";
import { printAddress } from "../../cos/address.ts";
import { UserError } from "../../errors.ts";
import type { RunRequest } from "../../ledger/run-document.ts";
import { summaryText } from "../../report/summary-text.ts";
import { deriveRunId } from "../../run/ask.ts";
import type { Place } from "../../run/messages.ts";
import { noSuchRun, openLedger, readRequest } from "../../run/open-ledger.ts";
import { rowsOf } from "../../run/rows-of.ts";
import { type RunAsk, type RunEnd, runHere } from "../../run/run-here.ts";
import type { Surroundings } from "../../run/surroundings.ts";
import { toolVersion } from "../../version.ts";
import { runOptionsOf } from "../asked-by-settings.ts";
import { archivePlace, ledgerPlace, sourcePlace } from "../places.ts";
import { surroundingsFromSettings } from "../surroundings-from-settings.ts";
import { type ExitCode, exitCodeOfRun, exitCodes } from "./exit-codes.ts";
import { onInterrupt } from "./interrupt.ts";
import { openManifest } from "./manifest-input.ts";
import { progressLine } from "./progress.ts";
import { addFlags, type Flags, settingsFromFlags } from "./setting-flags.ts";
import type { Terminal } from "./terminal.ts";

const settingsOfRun: readonly SettingName[] = [
  "source",
  "archive",
  "manifest",
  "list",
  "run",
  "resume",
  "ledger",
  "region",
  "sourceRegion",
  "archiveRegion",
  "manifestRegion",
  "format",
  "keyEncoding",
  "archiveKey",
  "ifExists",
  "ifChanged",
  "proof",
  "expect",
  "storageClass",
  "encryption",
  "maxAttempts",
  "maxFailures",
  "shardSize",
  "concurrency",
  "rate",
  "maxInstances",
  "endpoint",
  "sourceEndpoint",
  "archiveEndpoint",
  "allowHttp",
];

/** What --resume takes from the run itself. */
const fixedByRun: readonly SettingName[] = [
  "manifest",
  "list",
  "run",
  "source",
  "format",
  "keyEncoding",
  "archiveKey",
  "ifExists",
  "ifChanged",
  "proof",
  "expect",
  "storageClass",
  "encryption",
  "maxAttempts",
  "maxFailures",
  "shardSize",
];

export function describeRun(command: Command): void {
  addFlags(
    command
      .description("archive the originals of a manifest or a listing: plan, archive and report in this process")
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
  const settings = await settingsFromFlags(flags, terminal);
  checkCombination(settings);
  const world = { environment: process.env, clock: systemClock, random: Math.random, log: terminal.log };
  const surroundings = surroundingsFromSettings(settings, world);
  const interrupt = onInterrupt(
    terminal,
    "Stopping: what is under way ends, nothing new begins. Once more stops at once.",
  );
  const { signal } = interrupt;
  let dispose = async (): Promise<void> => undefined;
  try {
    const prepared = await prepare(settings, surroundings, signal);
    dispose = prepared.dispose;
    const { ask } = prepared;
    const onProgress = progressLine(terminal.status, systemClock);
    const end = await runHere(ask, surroundings, terminal.statusShown ? { signal, onProgress } : { signal });
    terminal.status("");
    return tell(end, ask, signal.aborted, flags.json === true, terminal);
  } catch (error) {
    // Interrupted before the run began: nothing was done, and nothing is wrong.
    if (signal.aborted && error instanceof Error && error.name === "AbortError") return exitCodes.interrupted;
    throw error;
  } finally {
    terminal.status("");
    interrupt.dispose();
    await dispose();
    await surroundings.close();
  }
}

function checkCombination(settings: Settings): void {
  const { values, said } = settings;
  const ways = (["manifest", "list", "resume"] as const).filter(
    (name) => values[name] !== undefined && values[name] !== false,
  );
  const [first, second] = ways;
  if (first === undefined) {
    throw new UserError(
      "MissingSetting",
      "What to archive is missing; say it with --manifest FILE, with --list, or with --resume ID.",
    );
  }
  if (values.resume !== undefined) {
    const flag = fixedByRun.find((name) => said(name).startsWith("--") && settings.given(name));
    if (flag !== undefined) {
      throw new UserError(
        "InvalidSetting",
        `${said(flag)} can't be given with ${said("resume")}: the run itself says what it was asked.`,
      );
    }
    return;
  }
  if (second !== undefined) {
    throw new UserError(
      "InvalidSetting",
      `${said(first)} and ${said(second)} are both given; a run archives one or the other.`,
    );
  }
  if (first === "list" && values.run === undefined) {
    throw new UserError(
      "MissingSetting",
      "A listing has nothing to derive a run id from, and needs --run: otherwise tonight's run would be taken for last night's; --run nightly-2026-11-22 would do.",
    );
  }
}

interface Prepared {
  readonly ask: RunAsk;
  dispose(): Promise<void>;
}

async function prepare(settings: Settings, around: Surroundings, signal: AbortSignal): Promise<Prepared> {
  const ledger = ledgerPlace(settings);
  const nothing = async () => undefined;
  const { resume } = settings.values;
  if (resume !== undefined) {
    const store = openLedger(ledger, resume, around);
    const request = await readRequest(store);
    if (request === undefined) throw noSuchRun(store, resume);
    return { ask: { ledger, request, rows: () => rowsOf(request, around) }, dispose: nothing };
  }
  const source = sourcePlace(settings);
  const archive = archivePlace(settings);
  const options = runOptionsOf(settings);
  const input = settings.values.list
    ? { source: { kind: "listing", prefix: source.prefix } as const, rows: undefined, dispose: nothing }
    : await openManifest(settings, around, process.stdin, signal);
  const asked = { source, archive, rows: input.source, options };
  const request: RunRequest = {
    schema: "cos-originals/request@1",
    run: settings.values.run ?? deriveRunId(asked),
    ...asked,
    askedAt: new Date(around.clock.now()).toISOString(),
    tool: toolVersion,
  };
  const rows = () => input.rows?.(source.bucket) ?? rowsOf(request, around);
  return { ask: { ledger, request, rows }, dispose: async () => void (await input.dispose()) };
}

function tell(end: RunEnd, ask: RunAsk, interrupted: boolean, json: boolean, terminal: Terminal): ExitCode {
  const { summary, prefix } = end;
  if (json) terminal.out(JSON.stringify(summary));
  else terminal.out(summaryText(summary));
  const code = exitCodeOfRun(summary, interrupted);
  const { ledger } = ask;
  if (code === exitCodes.interrupted || code === exitCodes.incomplete) {
    terminal.note(
      `Continue with the same command, or with: cos-originals run --resume ${summary.run} ${ledgerFlags(ledger)}`,
    );
  } else {
    terminal.note(`The report lies below ${printAddress({ bucket: ledger.bucket, prefix: `${prefix}report/` })}`);
  }
  return code;
}

function ledgerFlags(ledger: Place): string {
  const address = printAddress(ledger);
  const word = /^[\w:/.@+-]+$/.test(address) ? address : `'${address.replaceAll("'", "'\\''")}'`;
  return `${flagOf("ledger")} ${word} ${flagOf("archiveRegion")} ${ledger.region}`;
}
