/** What a run's trial has shown, in objects beside its controls: whoever lists those knows of it, and tools that don't know them pass them over. */
import * as z from "zod";
import type { Outcome } from "../vocabulary/outcome.ts";
import { documentText, readDocument } from "./document.ts";
import { paths, type TrialShare, type VainRow } from "./layout.ts";
import type { LedgerStore } from "./store.ts";

/** The first row that was archived: what a refusal of other rows is compared with. */
const sampleSchema = z.object({
  key: z.string(),
  versionId: z.string().optional(),
  archiveKey: z.string(),
  size: z.number().optional(),
  etag: z.string().optional(),
  crc64: z.string().optional(),
  /** It came by a plain GET: it says nothing of those that are paid for. */
  plain: z.boolean().optional(),
});

export type Sample = z.infer<typeof sampleSchema>;

/** Of an archived row; undefined for any other. */
export function sampleOf(outcome: Outcome): Sample | undefined {
  const { key, versionId, archiveKey, expectedSize, expectedEtag, expectedCrc64, plain } = outcome;
  if (outcome.outcome !== "archived" || archiveKey === undefined) return undefined;
  return { key, versionId, archiveKey, size: expectedSize, etag: expectedEtag, crc64: expectedCrc64, plain };
}

export function writeFirstArchived(ledger: LedgerStore, sample: Sample): Promise<void> {
  return ledger.put(paths.firstArchived, documentText(sample));
}

export function readFirstArchived(ledger: LedgerStore): Promise<Sample | undefined> {
  return readDocument(ledger, paths.firstArchived, { what: "sample of an archived row", parse: sampleSchema.parse });
}

const vainSchema = z.object({ message: z.string().optional() });

/** Why one of the rows was fetched in vain; undefined where none says it. */
export async function readVain(ledger: LedgerStore, [row]: readonly VainRow[]): Promise<string | undefined> {
  if (row === undefined) return undefined;
  const read = await readDocument(ledger, paths.vain(row), { what: "row fetched in vain", parse: vainSchema.parse });
  return read?.message;
}

/** @param why for people who look into the ledger */
export function writeVain(ledger: LedgerStore, row: VainRow, why: Pick<Outcome, "code" | "message">): Promise<void> {
  return ledger.put(paths.vain(row), documentText({ code: why.code, message: why.message }));
}

/** Written by whoever reconciles; two that do it at once write the same. */
export function writeShare(ledger: LedgerStore, share: TrialShare): Promise<void> {
  const reason = "shards that are over left so much of the run's trial to this one";
  return ledger.put(paths.share(share), documentText({ reason }));
}
