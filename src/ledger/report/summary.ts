/** summary.json and report.html: what people read of a whole run. */
import { textOfLanguage } from "../../report/page/code-texts.ts";
import { type PageOptions, reportHtml } from "../../report/page/report-html.ts";
import type { PageFile } from "../../report/page/rest.ts";
import { parseSummary, type Summary } from "../../report/summary.ts";
import { visible } from "../../vocabulary/visible.ts";
import { readDocument } from "../document.ts";
import { paths, reportFolder, reportNames } from "../layout.ts";
import type { LedgerStore } from "../store.ts";

const summaryKind = { what: "summary", parse: parseSummary } as const;

/** The summary of a run that is over and written; undefined where it is not. Throws UserError `LedgerUnreadable`. */
export function readSummary(ledger: LedgerStore): Promise<Summary | undefined> {
  return readDocument(ledger, paths.summary, summaryKind);
}

/** When it was written, by the store's clock, ms since the epoch; undefined where it is not. */
export async function summaryWrittenAt(ledger: LedgerStore): Promise<number | undefined> {
  const [written] = (await ledger.list(paths.summary)).objects;
  return written?.lastModified;
}

export interface PageIn extends Pick<PageOptions, "language"> {
  /** What lies beside the page; where it is not said a LIST tells, and what else there is of the report is to be there before. */
  readonly files?: PageOptions["files"];
}

export async function writeSummaryFiles(ledger: LedgerStore, summary: Summary, how: PageIn = {}): Promise<void> {
  const text = `${JSON.stringify(summary, null, 2).split("\n").map(visible).join("\n")}\n`;
  const writePage = async () => {
    const { files: beside, moreFiles } =
      how.files === undefined ? await listedFiles(ledger) : { files: how.files, moreFiles: false };
    const files = [...beside, { name: reportNames.summary }];
    const textOf = await textOfLanguage(how.language);
    await ledger.put(paths.html, reportHtml(summary, { ...how, textOf, files, moreFiles }));
  };
  await Promise.all([ledger.put(paths.summary, text), writePage()]);
}

async function listedFiles(
  ledger: LedgerStore,
): Promise<{ readonly files: readonly PageFile[]; readonly moreFiles: boolean }> {
  const { objects, more } = await ledger.listPage(reportFolder);
  const files = objects
    .map(({ key, size }) => ({ name: key.slice(reportFolder.length), bytes: size }))
    .filter(({ name }) => name !== reportNames.summary);
  return { files, moreFiles: more !== undefined };
}

/** Of the parts of a report, and of the deleted keys, the first of each. */
export function namesOfParts(parts: readonly number[], hasDeleted: boolean): readonly PageFile[] {
  const all = parts.flatMap((part) => [paths.failures(part), paths.results(part)]);
  return [...all, ...(hasDeleted ? [paths.deletedCsv(0)] : [])].map((path) => ({
    name: path.slice(reportFolder.length),
  }));
}
