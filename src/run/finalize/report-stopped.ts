/**
 * The report of a run that was halted or cancelled, as far as its shards have come: written once for each time it is
 * stopped, when nothing of it is in flight any more, in as many deliveries as it takes. Should the run go on and come to its
 * end, the complete report takes its place, part by part under the same names.
 */

import pLimit from "p-limit";
import { heartbeatMs } from "../../archive/shard/control-watch.ts";
import { readControl, saysStop } from "../../ledger/control.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { progressOfStopped, readProgress, writeStoppedReported } from "../../ledger/report/progress.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import { groupMarkers, readTally } from "../../ledger/report/tally-markers.ts";
import { isAnyAlive } from "../../ledger/shard/listed-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Summary } from "../../report/summary.ts";
import { addRequests } from "../../report/tally.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { markPart, writeSummary } from "./finalize.ts";
import { createPieceTime, reserveOf } from "./piece-time.ts";
import { doneOf, partsBegun } from "./report-parts.ts";
import { createMeter, writePart } from "./write-part.ts";

export type StoppedReport =
  /** Now, or before. */
  | { readonly kind: "written"; readonly summary: Summary | undefined }
  /** Tasks are in flight, or the time was over, or the run goes on after all: look again after so long. */
  | { readonly kind: "again"; readonly afterMs: number };

/** Between two looks at what is in flight: longer, the longer it takes. */
const SOON_MS = 15_000;
const LATEST_MS = 300_000;
/** Tallies read at once. */
const READS = 16;

/** `deadline`: ms by the clock's `elapsed`; one shard is always folded, however little time is left. */
export async function reportStopped(
  ledger: LedgerStore,
  run: RunDocument,
  surroundings: Surroundings,
  deadline: number,
): Promise<StoppedReport> {
  const { clock } = surroundings;
  const pieceTime = createPieceTime(clock, deadline - reserveOf(clock, deadline));
  const control = await readControl(ledger);
  if (!saysStop(control)) return { kind: "again", afterMs: 0 };
  const under = progressOfStopped(control.epoch);
  const before = await readSummary(ledger);
  // It was over before it was stopped.
  if (before?.state === "complete") return { kind: "written", summary: before };
  const progress = await readProgress(ledger, under);
  if (progress.reported) return { kind: "written", summary: before };
  // A worker may take so long to see that the run is stopped, and begin a task meanwhile.
  if (control.ageMs <= heartbeatMs) return { kind: "again", afterMs: heartbeatMs - control.ageMs + 1_000 };

  const isWanted = async () => {
    const now = await readControl(ledger);
    return saysStop(now) && now.epoch === control.epoch;
  };
  const over = await groupMarkers(ledger);
  const meter = createMeter(ledger);
  const written = new Map(progress.written);
  let inFlight = false;
  for await (const part of partsBegun(ledger, run, (group) => !over.has(group))) {
    if (written.has(part.number)) continue;
    if (!pieceTime.forAnother()) return { kind: "again", afterMs: 0 };
    if (await isAnyAlive(ledger, part.from, part.to)) {
      inFlight = true;
      continue;
    }
    const { over: shardsOver, markers } = await doneOf(ledger, part);
    const resumable = { under, progress, pieceTime, meter, isWanted };
    const options = { over: shardsOver, lacking: "left out", resumable } as const;
    const tally = await writePart(ledger, run, part, surroundings, options);
    if (tally === undefined) return { kind: "again", afterMs: pieceTime.forAnother() ? SOON_MS : 0 };
    addRequests(tally, { ledger: markers });
    written.set(part.number, await markPart(ledger, run, under, part, tally, meter, surroundings));
  }
  if (inFlight) return { kind: "again", afterMs: Math.min(LATEST_MS, Math.max(SOON_MS, control.ageMs / 20)) };

  const recorded = [...over.values(), ...written.values()];
  const tallies = await pLimit(READS).map(recorded, (marker) => readTally(ledger, marker));
  if (!(await isWanted())) return { kind: "again", afterMs: 0 };
  const state = control.kind === "halt" ? "halted" : "cancelled";
  const summary = await writeSummary(ledger, run, tallies, state, surroundings);
  await writeStoppedReported(ledger, control.epoch);
  return { kind: "written", summary };
}
