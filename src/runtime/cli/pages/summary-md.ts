/** `--summary-md FILE`: how a run ended, as Markdown, at the end of a file: a CI job's summary page takes what is added to it. */
import { appendFile } from "node:fs/promises";
import type { Command } from "commander";
import { textOfLanguage } from "../../../report/page/code-texts.ts";
import type { Summary } from "../../../report/summary.ts";
import { quote } from "../../../vocabulary/errors.ts";
import type { Language } from "../../../vocabulary/language.ts";
import type { Flags } from "../input/setting-flags.ts";
import { unwritable } from "../terminal/unwritable.ts";

export const addSummaryMd = (command: Command): Command =>
  command.option("--summary-md <FILE>", "add how it ended to this file as Markdown, as for $GITHUB_STEP_SUMMARY");

/** What is told of a run's end; does nothing where it was not asked for. Throws UserError `OutUnwritable` before anything is begun. */
export async function openSummaryMd({
  summaryMd,
}: Flags): Promise<(summary: Summary, language: Language | undefined) => Promise<void>> {
  if (typeof summaryMd !== "string") return async () => undefined;
  await append(summaryMd, "");
  return async (summary, language) => {
    const { summaryMarkdown } = await import("../../../report/page/summary-markdown.ts");
    await append(summaryMd, summaryMarkdown(summary, { language, textOf: await textOfLanguage(language) }));
  };
}

async function append(file: string, text: string): Promise<void> {
  try {
    await appendFile(file, text);
  } catch (thrown) {
    throw unwritable(`--summary-md ${quote(file)}`, thrown);
  }
}
