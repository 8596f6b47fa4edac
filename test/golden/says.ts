/**
 * What a version of the tool says of a golden ledger, and how it ends it: asked of the one that made it when it was made, and of
 * the present one by the tests. Left out is what depends on when it is asked, and what a better version may do with fewer requests.
 */
import { parse } from "csv-parse/sync";
import type { Ended } from "../runtime/cli/built.ts";
import { type Golden, isStopped } from "./golden.ts";
import { linesOf } from "./kept-object.ts";
import { archive, ledgerPlace, type Stage } from "./stage.ts";

/** A JSON document that a command printed, with the code it ended with, or that lies in the ledger. */
interface Said {
  readonly code?: number | null;
  readonly [field: string]: unknown;
}

export interface Reading {
  readonly status: Said;
  readonly statusFull: Said;
  readonly report: Said;
  /** One text a row of the results, sorted: its key, outcome, code, proof and whether it was recovered. */
  readonly results: readonly string[];
  readonly verify: Said;
}

export interface Ending {
  readonly summary: Said;
  readonly results: readonly string[];
  /**
   * Originals that were fetched to end it, sorted. A key that the source lacks is among them or not: its HEAD goes beside the GET, and
   * may say so before the GET is sent.
   */
  readonly fetched: readonly string[];
}

/** What became of a manifest message: the run that it began, in an archive of its own. */
export interface Begun extends Ending {
  readonly run: string;
}

const flags = (state: string) => ["--archive", `cos://${archive}/${state}/`];

/** All commands that read; each finds the ledger as it was, but for the report that `report` writes. */
export async function read(stage: Stage, golden: Golden): Promise<Reading> {
  const { state } = golden;
  const ask = async (command: string, ...more: string[]) =>
    said(await stage.run([command, state, "--json", ...flags(state), ...more]));
  stage.load(golden);
  const [status, statusFull, verify] = await Promise.all([ask("status"), ask("status", "--full"), ask("verify")]);
  return { status, statusFull, verify, report: await ask("report"), results: writtenResults(stage, state) };
}

/** Ends the run in a process of its own, as somebody would who finds it. */
export async function end(stage: Stage, golden: Golden): Promise<Ending> {
  const { state } = golden;
  await putBack(stage, golden);
  const summary = said(await stage.run(["run", "--resume", state, "--json", ...flags(state)]));
  return { summary, results: writtenResults(stage, state), fetched: [...stage.fetched()].sort() };
}

/** Ends it as a worker does that a reconcile message, or other `messages`, come to. */
export async function endByWorker(stage: Stage, golden: Golden, messages: readonly string[]): Promise<Ending> {
  await putBack(stage, golden);
  await workAll(stage, messages);
  return writtenEnding(stage, golden.state);
}

/** A new run of the rows that failed. */
export async function redrive(stage: Stage, golden: Golden): Promise<Ending> {
  stage.load(golden);
  const { startedAt: _, ...summary } = said(
    await stage.run(["redrive", golden.state, "--json", ...flags(golden.state)]),
  );
  return { summary, results: [], fetched: [...stage.fetched()].sort() };
}

/** A manifest message comes to a worker, who goes on until the run is over. */
export async function begin(stage: Stage, body: string): Promise<Begun> {
  const place = placeOf(body);
  stage.load({ state: place, objects: [] });
  await workAll(stage, [body]);
  const runs = stage.keep(place).flatMap(({ key }) => /\/runs\/([^/]+)\/request\.json$/.exec(key)?.[1] ?? []);
  const [run = ""] = runs;
  if (runs.length !== 1) throw new Error(`it began the runs ${runs}`);
  const { summary, ...ending } = writtenEnding(stage, place, run);
  const { startedAt: _, ...rest } = summary;
  return { run, summary: rest, ...ending };
}

/** Where a manifest message archives: a golden state's name, or another of that form. */
export const placeOf = (body: string): string => String(JSON.parse(body).archive.prefix).slice(0, -1);

/** Puts the ledger where it was, and lets the run go on if it was stopped. */
async function putBack(stage: Stage, golden: Golden): Promise<void> {
  const { state } = golden;
  stage.load(golden);
  if (isStopped(state)) said(await stage.run(["resume", state, "--json", ...flags(state)]));
}

export async function workAll(stage: Stage, messages: readonly string[]): Promise<void> {
  const worker = stage.worker();
  try {
    worker.queue.push(...messages);
    const { rejected } = await worker.drain();
    if (rejected.length > 0) throw new Error(rejected.join("\n"));
  } finally {
    await worker.close();
  }
}

/** What the report of a run that is over tells, whoever wrote it. */
function writtenEnding(stage: Stage, place: string, run = place): Ending {
  const [summary] = reportFiles(stage, place, run, "summary.json").map((bytes) => JSON.parse(bytes.toString()));
  if (summary === undefined) throw new Error(`the run ${run} has no summary.json: it is not over`);
  return {
    summary: timeless(summary),
    results: writtenResults(stage, place, run),
    fetched: [...stage.fetched()].sort(),
  };
}

/** One text a row. */
function writtenResults(stage: Stage, place: string, run = place): string[] {
  return reportFiles(stage, place, run, "results-")
    .flatMap((packed) => parse(linesOf(packed).join("\n"), { columns: true }) as Record<string, string>[])
    .map(({ Key, Outcome, ErrorCode, Proof, Recovered }) =>
      [Key, Outcome, ErrorCode, Proof, Recovered === "true" ? "recovered" : ""]
        .filter((word) => word !== "")
        .join(" | "),
    )
    .sort();
}

/** Files below `report/`, as docs/cli.md names them. */
function reportFiles(stage: Stage, place: string, run: string, name: string): readonly Buffer[] {
  const prefix = `${ledgerPlace(place).prefix}runs/${run}/report/${name}`;
  const bucket = stage.emulator.bucket(archive);
  return bucket.keys().flatMap((key) => (key.startsWith(prefix) ? (bucket.get(key)?.bytes ?? []) : []));
}

function said({ code, stdout, stderr }: Ended): Said {
  if (stdout === "") throw new Error(`it ended with ${code}: ${stderr}`);
  return { code, ...timeless(JSON.parse(stdout)) };
}

function timeless(document: Record<string, unknown>): Record<string, unknown> {
  const { seconds: _, endedAt: __, requests, ...rest } = document;
  // What is paid for: originals fetched and put.
  const paid = requests as Record<string, number> | null | undefined;
  return {
    ...rest,
    ...(paid ? { requests: { "source.get": paid["source.get"], "archive.put": paid["archive.put"] } } : {}),
  };
}
