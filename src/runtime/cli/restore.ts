/** `cos-originals restore`: bring keys back from an archive, as it is or as it was. */

import type { Command } from "commander";
import type { Settings } from "../../config/read.ts";
import type { SettingName } from "../../config/settings.ts";
import { lookAtDestination, prepareBringBack } from "../../run/bring-back/prepare.ts";
import type { Place } from "../../run/messages/messages.ts";
import { rowsOf } from "../../run/plan/rows.ts";
import { turned } from "../../run/surroundings/turned.ts";
import { wholeScope } from "../../run/work/redrive.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { openManifest, standardInput } from "../settings/manifest-input.ts";
import { runOptionsOf } from "../settings/manifest-message.ts";
import { archivePlace, destinationPlace, historyOf, ledgerPlace, sourcePlace } from "../settings/places.ts";
import { runIdOf, settingsOfWork } from "../settings/run-input.ts";
import { surroundingsFromSettings } from "../settings/surroundings-from-settings.ts";
import { onRunInterrupt } from "./ending/run-interrupt.ts";
import { commandWorld } from "./input/command-world.ts";
import { addFlags, type Flags, settingsFromFlags } from "./input/setting-flags.ts";
import { noteAfter, runToEnd } from "./run-to-end.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import type { Terminal } from "./terminal/terminal.ts";

const settingsOfRestore: readonly SettingName[] = [
  "archive",
  "history",
  "source",
  "manifest",
  "run",
  "ledger",
  "region",
  "sourceRegion",
  "archiveRegion",
  "manifestRegion",
  "format",
  "keyEncoding",
  "archiveKey",
  "ifExists",
  "archivedClass",
  "restoreTier",
  "restoreDays",
  "proof",
  "storageClass",
  "encryption",
  "maxAttempts",
  "maxFailures",
  "shardSize",
  "csvSafe",
  "beside",
  "stats",
  ...settingsOfWork.filter((name) => name !== "findings"),
];

export function describeRestore(command: Command): void {
  addFlags(
    command
      .requiredOption("--to <ADDRESS>", "where the keys go: cos://…, s3://BUCKET/PREFIX or file:///FOLDER")
      .option("--at <TIME>", "as the archive was then, as 2026-11-22T01:30:00Z (default: as it is)")
      .option("--prefix <PREFIX>", "only keys that begin so")
      .option("--yes", "write where objects are already, or into the source, without asking")
      .addHelpText(
        "after",
        `
Reads the archive by plain GETs, which cost no processing, and proves and records each key as run does. It is the one command that may
write on keys of the source: it says so before, and asks where the destination holds anything or is the source; without a
terminal that takes --yes. What is the same there already is left alone. --at goes by the --history that the runs had, else by the
versions of the archive's bucket.

Exit codes: 0 all brought back or there already, 2 usage, 3 some keys failed, 4 halted, 5 incomplete, 6 credentials
refused, 130 interrupted. The same command again continues it.

Example:
  cos-originals restore --archive cos://archive-1250000000/photos/ --history history/ --region ap-guangzhou \\
    --to cos://photos-1250000000 --at 2026-11-22T03:00:00Z --prefix 2026/`,
      ),
    settingsOfRestore,
  );
}

export async function restoreCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const settings = await settingsFromFlags(flags, terminal);
  const to = destinationPlace(settings, String(flags.to), "--to");
  const [archive, ledger] = [archivePlace(settings), ledgerPlace(settings)];
  const at = timeOf(flags.at);
  const world = commandWorld(settings, terminal.log);
  const opened = surroundingsFromSettings(settings, world);
  const surroundings = turned(opened);
  const interrupt = onRunInterrupt(terminal);
  const { signal } = interrupt;
  let dispose = async (): Promise<void> => undefined;
  try {
    const options = runOptionsOf(settings);
    // What it brings back is nothing new to who is told of what is archived.
    const { history: _, events: _events, notify: _notify, ...rest } = options;
    const manifest =
      settings.values.manifest === undefined
        ? undefined
        : await openManifest(settings, surroundings, standardInput(), signal);
    dispose = async () => void (await manifest?.dispose());
    const asked = {
      archive,
      to,
      ledger,
      at,
      history: historyOf(settings),
      prefix: typeof flags.prefix === "string" ? flags.prefix : "",
      archiveKey: settings.values.archiveKey,
      manifest: manifest && {
        source: manifest.source,
        entries: () =>
          manifest.rows?.(to.bucket) ??
          rowsOf({ run: "", source: to, archive: to, rows: manifest.source, options }, surroundings),
      },
      options: { ...rest, ...wholeScope },
      run: runIdOf(settings, surroundings),
      beside: settings.values.beside,
    };
    const prepared = await prepareBringBack(asked, surroundings, signal);
    const destination = await lookAtDestination(asked, prepared, sourceSaid(settings), surroundings);
    const told = warningOf(to, destination, options.ifExists);
    if (told !== undefined && !(await agreed(flags, told, terminal, signal))) {
      if (signal.aborted) return exitCodes.interrupted;
      throw new UserError("RestoreUnasked", `${told} Nothing was written; agree to it with --yes.`);
    }
    noteAfter(prepared, terminal);
    return await runToEnd(prepared.input, surroundings, terminal, { interrupt, flags, stats: settings.values.stats });
  } catch (error) {
    if (signal.aborted && error instanceof Error && error.name === "AbortError") return exitCodes.interrupted;
    throw error;
  } finally {
    interrupt.dispose();
    await dispose();
    await opened.close();
  }
}

/** Undefined where nothing is written over, and no original can be. */
function warningOf(
  to: Place,
  { isEmpty, isSource }: { readonly isEmpty: boolean; readonly isSource: boolean },
  ifExists: string,
): string | undefined {
  if (isEmpty && !isSource) return undefined;
  const what = isSource ? ", the source that these were archived from" : "";
  const then = {
    keep: "what is there stays as it is",
    fail: "what is there stays as it is",
    skip: "what is there and differs is overwritten",
    overwrite: "what is there is overwritten",
  }[ifExists];
  const holds = isEmpty ? "holds nothing yet" : `holds objects already: ${then}`;
  return `This writes on keys of ${printAddress(to)}${what}, which ${holds}.`;
}

async function agreed(flags: Flags, told: string, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  if (flags.yes === true) {
    terminal.note(told);
    return true;
  }
  return terminal.confirm(`${told} Go on?`, signal);
}

/** The source need not be said. */
function sourceSaid(settings: Settings): Place | undefined {
  return settings.values.source === undefined ? undefined : sourcePlace(settings);
}

function timeOf(text: unknown): number | undefined {
  if (typeof text !== "string") return undefined;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new UserError(
    "InvalidSetting",
    `--at is ${quote(text)}, which is no time with its zone; write it as 2026-11-22T01:30:00Z or 2026-11-22T09:30:00+08:00.`,
  );
}
