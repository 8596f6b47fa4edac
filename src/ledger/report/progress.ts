/** How far the report is: which parts are written, and how far the others are. */
import { type Draft, isStoppedReport, parseDraft, paths } from "../layout.ts";
import type { LedgerStore } from "../store.ts";
import { type TallyMarker, tallyMarkerAt } from "./tally-markers.ts";

/** What earlier deliveries made of the parts whose progress is recorded in one place. */
export interface Progress {
  /** Markers of parts that are written, by part. */
  readonly written: ReadonlyMap<number, TallyMarker>;
  /** Drafts of each other part, the furthest first. */
  readonly drafts: ReadonlyMap<number, readonly Draft[]>;
  /** Of a run that was stopped: its report is written. */
  readonly reported: boolean;
}

export const noProgress: Progress = { written: new Map(), drafts: new Map(), reported: false };

/** Where the progress of a group that is being finalized is recorded. */
export const progressOfGroup = (group: number): string => paths.parts(group);

/** The same, of the report of a run that the control of that epoch stopped. */
export const progressOfStopped = (epoch: number): string => paths.stopped(epoch);

/** @param under progressOfGroup(…) or progressOfStopped(…) */
export async function readProgress(ledger: LedgerStore, under: string): Promise<Progress> {
  const written = new Map<number, TallyMarker>();
  const drafts = new Map<number, Draft[]>();
  let reported = false;
  for (const { key } of (await ledger.list(under)).objects) {
    const marker = tallyMarkerAt(key);
    if (marker !== undefined) written.set(marker.number, marker);
    const draft = parseDraft(key);
    if (draft !== undefined) drafts.set(draft.part, [...(drafts.get(draft.part) ?? []), draft]);
    reported ||= isStoppedReport(key);
  }
  for (const those of drafts.values()) those.sort((a, b) => b.next - a.next);
  return { written, drafts, reported };
}

/** The report of a run that the control of that epoch stopped is written. */
export function writeStoppedReported(ledger: LedgerStore, epoch: number): Promise<void> {
  return ledger.put(paths.stoppedReport(epoch), "");
}
