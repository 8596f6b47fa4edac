/**
 * A new run of the rows that failed. They are folded from the segments, so it makes no difference whether the run has a
 * report yet, and a row goes in as the manifest had it, not as its failure left it.
 */

import { createHash } from "node:crypto";
import { endedRows } from "../../ledger/counts.ts";
import { noSuchRun, type RunRequest, readRequest, requestIdentity } from "../../ledger/plan/request.ts";
import { overByPlan, planOfShard, type RunDocument, readRun } from "../../ledger/plan/run-document.ts";
import { type RunOptions, runOptionsSchema } from "../../ledger/plan/run-options.ts";
import { type PlannedRow, readShardRows, shardRowsGone } from "../../ledger/plan/shard-rows.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import { describeOutcomes } from "../../ledger/shard/listed-shards.ts";
import { whatToDo, wholeShards } from "../../ledger/shard/whole-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { ManifestEntry, Row } from "../../manifest/row.ts";
import { archiveKeyOf } from "../../policy/archive-key.ts";
import { emptyTally } from "../../report/tally.ts";
import { counted } from "../../vocabulary/counted.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { resolved } from "../finalize/resolved.ts";
import { type Place, runIdSchema } from "../messages/messages.ts";
import type { RunInput } from "../plan/begin-run.ts";
import type { RunDescription } from "../plan/new-request.ts";
import { newRequest } from "../plan/new-request.ts";
import { nextRun } from "../plan/next-run.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export interface Redrive {
  /** Undefined where no failed row could succeed now. */
  readonly input: RunInput | undefined;
  /** Failed rows that are tried again. */
  readonly rows: number;
  /** Failed rows that would fail again as they are: rows that can't be read, and archive keys that belong to another row. */
  readonly left: number;
}

export interface RedriveOptions {
  /** Id of the new run; else RUN-redrive-1, or the next that is free. */
  readonly run?: string | undefined;
  /** What is to be done otherwise than the run did. */
  readonly options?: Readonly<Partial<Record<keyof RunOptions, unknown>>> | undefined;
}

/** The rows that failed are chosen already, and tell neither their times nor, all of them, their sizes. */
export const wholeScope = {
  filter: undefined,
  newerThan: undefined,
  minSize: undefined,
  maxSize: undefined,
  limit: undefined,
} as const satisfies Partial<Record<keyof RunOptions, undefined>>;

/** Errors: UserError `NoSuchRun`, `RunNotPlanned`, `InvalidRunId`, `LedgerIncomplete` where outcomes that were written are not listed. */
export async function prepareRedrive(
  place: Place,
  of: string,
  surroundings: Surroundings,
  { run: given, options }: RedriveOptions = {},
): Promise<Redrive> {
  const ledger = openLedger(place, of, surroundings);
  const [before, run] = await Promise.all([readRequest(ledger), readRun(ledger)]);
  if (before === undefined) throw noSuchRun(ledger, of);
  if (run === undefined) {
    throw new UserError(
      "RunNotPlanned",
      `The run ${JSON.stringify(of)} is still being planned: no row of it has failed.`,
    );
  }
  const hash = createHash("sha256");
  let rows = 0;
  let left = 0;
  for await (const failed of failedRows(ledger, run, surroundings)) {
    left += failed.left;
    rows += failed.rows.length;
    for (const row of failed.rows) hash.update(`${JSON.stringify(row)}\n`);
  }
  if (rows === 0) return { input: undefined, rows, left };
  const description = {
    source: before.source,
    archive: before.archive,
    rows: { kind: "file", name: `the failed rows of ${of}`, digest: hash.digest("hex"), format: "jsonl" } as const,
    options: runOptionsSchema.parse({ ...before.options, ...wholeScope, ...options }),
    redriveOf: of,
  };
  const id = given ?? (await nextId(place, of, description, surroundings));
  const asked = newRequest(description, id, surroundings);
  const { request, before: found } = await nextRun(place, asked, { kind: "given" }, surroundings);
  const input = { ledger: place, request, rows: () => entries(ledger, run, surroundings), before: found };
  return { input, rows, left };
}

/** The same redrive that is not complete is gone on with; else the first id that is free. */
async function nextId(
  place: Place,
  of: string,
  description: RunDescription,
  surroundings: Surroundings,
): Promise<string> {
  const base = of.replace(/-redrive-\d+$/, "");
  for (let n = 1; ; n++) {
    const id = `${base}-redrive-${n}`;
    if (!runIdSchema.safeParse(id).success) {
      throw new UserError(
        "InvalidRunId",
        `${JSON.stringify(id)} is too long for a run id; give the redrive one with --run.`,
      );
    }
    const ledger = openLedger(place, id, surroundings);
    const there = await readRequest(ledger);
    if (there === undefined) return id;
    const same =
      there.redriveOf === of && JSON.stringify(requestIdentity(there)) === JSON.stringify(requestIdentity(description));
    if (same && (await readSummary(ledger))?.state !== "complete") return id;
  }
}

async function* entries(
  ledger: LedgerStore,
  run: RunDocument,
  surroundings: Surroundings,
): AsyncGenerator<readonly ManifestEntry[]> {
  let line = 0;
  for await (const { rows } of failedRows(ledger, run, surroundings)) {
    if (rows.length > 0) yield rows.map((row) => ({ kind: "row", row, at: { line: ++line } }));
  }
}

interface FailedRows {
  readonly rows: readonly Row[];
  readonly left: number;
}

/** Shard by shard; shards whose markers tell of no failure are passed over. Throws UserError `LedgerIncomplete`: none may be left out unsaid. */
async function* failedRows(
  ledger: LedgerStore,
  run: RunDocument,
  surroundings: Surroundings,
): AsyncGenerator<FailedRows> {
  const archive = surroundings.open("archive", run.request.archive);
  let over = endedRows(overByPlan(run));
  const { clock, log } = surroundings;
  const shards = wholeShards(ledger, run, {
    clock,
    log,
    lacking: "refused",
    isPassed: ({ failed }) => failed === 0,
    onPassed(ended) {
      over += ended;
    },
  });
  for await (const { shard, rows, ended } of shards) {
    over += ended;
    const failed: number[] = [];
    for (const [row, folded] of [...rows].sort(([a], [b]) => a - b)) {
      const { outcome } = await resolved(folded, archive, emptyTally(), surroundings);
      if (outcome === "failed") failed.push(row);
    }
    if (failed.length === 0) continue;
    const plan = planOfShard(run, shard);
    const planned = await readShardRows(ledger, plan, shard);
    if (planned === undefined) throw shardRowsGone(ledger, plan, shard, "its rows can't be tried again");
    const again = failed.flatMap((row) => rowAgain(planned[row], run.request) ?? []);
    yield { rows: again, left: failed.length - again.length };
  }
  // Of a shard whose marker is not listed either.
  if (over < run.rows && (await readSummary(ledger))?.state === "complete") {
    throw new UserError(
      "LedgerIncomplete",
      `The run ${JSON.stringify(run.run)} is complete, but there are outcomes of ${over} of its ${counted(run.rows, "row")} below ${describeOutcomes(ledger)}; ${whatToDo}`,
    );
  }
}

/** Undefined where it would only fail again. Its archive key stays what it was, though the run has another id. */
function rowAgain(planned: PlannedRow | undefined, { options, run }: RunRequest): Row | undefined {
  if (planned === undefined || planned.settled !== undefined) return undefined;
  const { settled: _, ...row } = planned;
  if (row.archiveKey !== undefined || !options.archiveKey.includes("{run}")) return row;
  return { ...row, archiveKey: archiveKeyOf(row, options.archiveKey, "", run) };
}
