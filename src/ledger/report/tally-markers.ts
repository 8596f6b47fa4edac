/**
 * Markers of groups and of parts of the report. Their names count, like those of shards; each holds the whole tally, as a summary
 * of a run that goes on.
 */
import { parseSummary, summaryToTally, tallyToSummary } from "../../report/summary.ts";
import type { Tally } from "../../report/tally.ts";
import type { Marker } from "../counts.ts";
import { documentText, incomplete, readDocument } from "../document.ts";
import { groupPath, parseMarker, partPath, paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";

export interface TallyMarker extends Marker {
  readonly path: string;
}

/** Undefined for the path of anything else. */
export function tallyMarkerAt(path: string): TallyMarker | undefined {
  const marker = parseMarker(path);
  return marker && { ...marker, path };
}

/** Of groups that are finalized, one a group. */
export async function groupMarkers(ledger: LedgerStore): Promise<ReadonlyMap<number, TallyMarker>> {
  const { objects } = await ledger.list(paths.groups);
  const groups = new Map<number, TallyMarker>();
  for (const { key } of objects) {
    const marker = tallyMarkerAt(key);
    if (marker !== undefined) groups.set(marker.number, marker);
  }
  return groups;
}

/** @param id a ULID of its own */
export async function writeGroupMarker(
  ledger: LedgerStore,
  run: string,
  group: number,
  tally: Tally,
  id: string,
): Promise<void> {
  await ledger.put(groupPath(group, tally, id), tallyText(run, tally));
}

/**
 * @param under where progress is recorded: progress.ts
 * @param id a ULID of its own
 */
export async function writePartMarker(
  ledger: LedgerStore,
  run: string,
  under: string,
  part: number,
  tally: Tally,
  id: string,
): Promise<TallyMarker> {
  const path = partPath(under, part, tally, id);
  await ledger.put(path, tallyText(run, tally));
  const { archived, skipped, failed, bytes } = tally;
  return { number: part, archived, skipped, failed, bytes, by: id, path };
}

const summaryKind = { what: "summary", parse: parseSummary } as const;

/** Throws UserError `LedgerUnreadable`, or `LedgerIncomplete` where it is gone. */
export async function readTally(ledger: LedgerStore, { path }: TallyMarker): Promise<Tally> {
  const summary = await readDocument(ledger, path, summaryKind);
  if (summary === undefined) throw incomplete(ledger.describe(path), "was listed but is gone.");
  return summaryToTally(summary);
}

/** A tally as a document. */
export const tallyDocument = (run: string, tally: Tally) => tallyToSummary(tally, { run, state: "running" });

const tallyText = (run: string, tally: Tally): string => documentText(tallyDocument(run, tally));
