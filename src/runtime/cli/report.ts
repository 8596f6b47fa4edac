/** `cos-originals report`: write a run's report, and bring it here. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { kebab } from "../../config/settings.ts";
import { reportFiles } from "../../ledger/report/files.ts";
import { reportPrefix } from "../../ledger/runs.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { summaryText } from "../../report/summary-text.ts";
import { writeReport } from "../../run/inspect/report.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { ensureError, quote, UserError } from "../../vocabulary/errors.ts";
import { ledgerFlags } from "./input/ledger-flags.ts";
import { newestOf, usualNewest } from "./input/newest.ts";
import { settingsOfLedger, surroundingsOfRun, withLedger, withRecordedRun } from "./input/recorded-run.ts";
import { addFlags, type Flags, settingsFromFlags } from "./input/setting-flags.ts";
import { writeRunsPage } from "./pages/runs-page.ts";
import { addSummaryMd, openSummaryMd } from "./pages/summary-md.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { unwritable } from "./terminal/unwritable.ts";

export function describeReport(command: Command): void {
  addFlags(
    addSummaryMd(
      command
        .option("--out <DIR>", "copy the report's files into this folder too")
        .option(
          "--index <FILE>",
          "without RUN: write the ledger's runs as one page, which nights went well and the trends",
        )
        .option("--newest <N>", "with --index: so many of the newest runs", usualNewest),
    ).addHelpText(
      "after",
      `
Exit codes: 0 written, 2 usage, 6 credentials refused.

Examples:
  cos-originals report nightly-2026-11-22 --archive cos://archive-1250000000/photos/ --region ap-guangzhou --out report/
  cos-originals report --index nights.html --archive cos://archive-1250000000/photos/ --region ap-guangzhou`,
    ),
    [
      ...settingsOfLedger,
      "csvSafe",
      "lang",
      "priceCurrency",
      "priceProcessing",
      "freeProcessing",
      "priceRequests",
      "priceTraffic",
    ],
  );
}

export async function reportCommand(flags: Flags, terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  if (typeof flags.index === "string") return writeIndex(flags.index, flags, terminal, args);
  if (args[0] === undefined) {
    throw new UserError(
      "MissingSetting",
      "RUN is missing: the run whose report is to be written; or say --index FILE, for a page of all runs.",
    );
  }
  return withRecordedRun(flags, terminal, args, async (recorded) => {
    const { id, place, settings, json } = recorded;
    const { csvSafe } = settings.values;
    const tellSummary = await openSummaryMd(flags);
    const { surroundings } = await surroundingsOfRun(recorded);
    const { ledger, summary, prefix } = await writeReport(place, id, surroundings, { csvSafe });
    await tellSummary(summary, surroundings.settings.language);
    const { out } = flags;
    const files = typeof out === "string" ? await copyReport(ledger, out) : [];
    terminal.out(json ? JSON.stringify(summary) : summaryText(summary));
    const where = printAddress({ ...place, prefix: reportPrefix(prefix) });
    terminal.note(
      `The report lies below ${where}${files.length === 0 ? "" : `, and in ${String(out)}: ${files.join(", ")}`}`,
    );
    if (summary.failed > 0) {
      terminal.note(`Try the failed rows again with: cos-originals redrive ${id} ${ledgerFlags(place)}`);
    }
    return exitCodes.done;
  });
}

async function writeIndex(file: string, flags: Flags, terminal: Terminal, [run]: readonly string[]): Promise<ExitCode> {
  const other =
    run !== undefined ? `RUN ${quote(run)}` : ["out", "summaryMd"].find((name) => flags[name] !== undefined);
  if (other !== undefined) {
    throw new UserError(
      "InvalidSetting",
      `--index is of all runs of the ledger, so ${other.startsWith("RUN") ? other : `--${kebab(other)}`} can't be given with it.`,
    );
  }
  const newest = newestOf(flags.newest);
  const settings = await settingsFromFlags(flags, terminal);
  return withLedger(settings, flags, terminal, (ledger) => writeRunsPage(ledger, file, newest, terminal));
}

/** One file at a time, as each is: the largest holds the results of a million rows, packed. */
async function copyReport(ledger: LedgerStore, folder: string): Promise<string[]> {
  const files = await reportFiles(ledger);
  const names: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const { name, read } of files) {
      const bytes = await read();
      if (bytes === undefined || !/^[\w.-]+$/.test(name)) continue;
      await writeFile(join(folder, name), bytes);
      names.push(name);
    }
  } catch (thrown) {
    const error = ensureError(thrown);
    if (!("syscall" in error)) throw error;
    throw unwritable(`--out ${quote(folder)}`, error);
  }
  return names;
}
