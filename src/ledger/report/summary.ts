/** summary.json and report.html: what people read of a whole run. */
import { reportHtml } from "../../report/html.ts";
import { parseSummary, type Summary } from "../../report/summary.ts";
import { visible } from "../../vocabulary/visible.ts";
import { readDocument } from "../document.ts";
import { paths } from "../layout.ts";
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

export async function writeSummaryFiles(ledger: LedgerStore, summary: Summary): Promise<void> {
  const text = JSON.stringify(summary, null, 2).split("\n").map(visible).join("\n");
  await Promise.all([ledger.put(paths.summary, `${text}\n`), ledger.put(paths.html, reportHtml(summary))]);
}
