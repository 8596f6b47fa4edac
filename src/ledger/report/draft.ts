/**
 * A part of the report that a delivery had no time to end: what is to be in its files so far, and then how it stands. Of several
 * drafts of one part any would do, for each holds all rows of the shards before where it ends.
 */
import * as z from "zod";
import { parseSummary, summaryToTally } from "../../report/summary.ts";
import type { Tally } from "../../report/tally.ts";
import { documentText, incomplete, parseDocument } from "../document.ts";
import { type Draft, draftPaths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";
import { tallyDocument } from "./tally-markers.ts";

export type { Draft } from "../layout.ts";

export interface DraftContent {
  readonly tally: Tally;
  /** Of the results file, gzipped so far. */
  readonly results: Buffer;
  /** Of the failures file after those. */
  readonly failures: string;
  /** Failures files that are written whole. */
  readonly failuresFiles: number;
}

const schema = z.strictObject({ tally: z.unknown(), failuresFiles: z.int().min(0) });

const documentKind = {
  what: "draft",
  parse(value: unknown) {
    const { tally, failuresFiles } = schema.parse(value);
    return { tally: summaryToTally(parseSummary(tally)), failuresFiles };
  },
} as const;

/** First, since the document says that they are there. */
export async function writeDraftFiles(
  ledger: LedgerStore,
  under: string,
  draft: Draft,
  { results, failures }: Pick<DraftContent, "results" | "failures">,
): Promise<void> {
  const at = draftPaths(under, draft);
  await Promise.all([ledger.put(at.results, results), ledger.put(at.failures, failures)]);
}

export function writeDraft(
  ledger: LedgerStore,
  under: string,
  draft: Draft,
  run: string,
  { tally, failuresFiles }: Pick<DraftContent, "tally" | "failuresFiles">,
): Promise<void> {
  return ledger.put(draftPaths(under, draft).draft, documentText({ tally: tallyDocument(run, tally), failuresFiles }));
}

/** Throws UserError `LedgerUnreadable`, or `LedgerIncomplete` where a part of it is gone. */
export async function readDraft(ledger: LedgerStore, under: string, draft: Draft): Promise<DraftContent> {
  const at = draftPaths(under, draft);
  const read = async (path: string): Promise<Buffer> => {
    const bytes = await ledger.get(path);
    if (bytes === undefined) throw incomplete(ledger.describe(path), "was written but is gone.");
    return bytes;
  };
  const [document, results, failures] = await Promise.all([read(at.draft), read(at.results), read(at.failures)]);
  const { tally, failuresFiles } = parseDocument(document, ledger.describe(at.draft), documentKind);
  return { tally, results, failures: failures.toString("utf8"), failuresFiles };
}
