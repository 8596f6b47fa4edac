/**
 * A run in one's own process, as a program has it: options in, outcomes out. It is the same road as `run` of the command line, from the settings on
 * (runtime/settings/run-input.ts) to the run itself (run/work/run-here.ts).
 */
import { Readable } from "node:stream";
import type { Credentials } from "../../credentials/credentials.ts";
import { type CredentialsProvider, staticCredentials } from "../../credentials/credentials.ts";
import { readRun } from "../../ledger/plan/run-document.ts";
import type { Summary } from "../../report/summary.ts";
import type { RunInput } from "../../run/plan/begin-run.ts";
import { openLedger } from "../../run/surroundings/open-ledger.ts";
import type { Surroundings } from "../../run/surroundings/surroundings.ts";
import { createOutcomeFeed, type OutcomeFeed } from "../../run/work/outcome-feed.ts";
import { runHere } from "../../run/work/run-here.ts";
import { systemClock } from "../../vocabulary/clock.ts";
import { silentLog } from "../../vocabulary/log.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { standardInput } from "../settings/manifest-input.ts";
import { runInputFromSettings } from "../settings/run-input.ts";
import {
  type OpenedSurroundings,
  surroundingsFromSettings,
  type World,
} from "../settings/surroundings-from-settings.ts";
import { checkTargets, tellRunRefused } from "../settings/targets.ts";
import type { ArchiveOptions, ManifestRow } from "./archive-options.ts";
import { settingsOfArchiveOptions } from "./settings-of-options.ts";

/** How one row ended, as the ledger has it. */
export interface RowOutcome extends Omit<Outcome, "row" | "outcome" | "restore"> {
  readonly outcome: "archived" | "skipped" | "failed";
}

/**
 * A run that archives in this process. Iterated, it brings the outcome of each row, once, when it is durable. Whoever reads slowly slows the run down,
 * so that memory stays as it is; whoever stops reading (`break`) stops the run as a signal does. Whoever never reads is not waited for.
 */
export interface ArchiveRun extends AsyncIterable<RowOutcome, undefined> {
  /**
   * The summary, once the run is at rest: `complete`, `halted`, `cancelled`, or `incomplete` where a signal stopped it. Rejects with what the run
   * could not go on for: an error with a `code` of docs/errors.md, or what the rows or the signal threw before it began.
   */
  readonly summary: Promise<Summary>;
}

/**
 * Plans, archives and reports in this process, from the call on; the same call goes on with a run that is not over, and fetches nothing twice.
 * docs/library.md shows it with a logger and a signal.
 *
 * Outcomes come as their rows end. Of a run that is gone on with those come too that were recorded before: at the end, from the ledger. Rows that a
 * listing finds unchanged are no rows of it, and are counted in the summary alone.
 *
 * Iterating and `summary` reject with UserError (options, manifest, a run that is over), RefusedError (credentials, permissions) or BucketError.
 *
 * @example
 * ```ts
 * import { archiveManifest, readSettings } from "cos-originals";
 *
 * const { endpoint } = readSettings({ environment: process.env }).values;
 * const run = archiveManifest({
 *   source: "cos://photos-1250000000",
 *   archive: "cos://archive-1250000000/by-library/",
 *   region: "ap-guangzhou",
 *   endpoint,
 *   rows: [{ key: "2026/picture.jpg" }, { key: "2026/none.jpg" }],
 * });
 * for await (const { key, outcome, code } of run) {
 *   if (outcome === "failed") console.log(key, code); // prints 2026/none.jpg NoSuchKey
 * }
 * const { state, archived, failed } = await run.summary;
 * console.log(state, archived, failed); // prints complete 1 1
 * ```
 */
export function archiveManifest(options: ArchiveOptions): ArchiveRun {
  const stop = new AbortController();
  const feed = createOutcomeFeed();
  stop.signal.addEventListener("abort", feed.release, { once: true });
  const forward = () => stop.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", forward, { once: true });
  if (options.signal?.aborted) forward();
  let known: Known | undefined;
  const summary = work(options, feed, stop.signal, (found) => {
    known = found;
  }).finally(() => {
    options.signal?.removeEventListener("abort", forward);
    feed.end();
  });
  let isRead = false;
  return {
    summary,
    [Symbol.asyncIterator]() {
      if (isRead) throw new TypeError("the outcomes of a run can be read by one reader, and they are read already");
      isRead = true;
      feed.open();
      // Whoever reads hears of it there.
      const ended = summary.then(() => undefined);
      ended.catch(() => undefined);
      const outcomes = read(feed, ended, () => known, stop.signal);
      return {
        next: () => outcomes.next(),
        async return() {
          stop.abort();
          await outcomes.return(undefined);
          await ended.catch(() => undefined);
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** What the end of the reading needs of the run. */
interface Known {
  readonly surroundings: Surroundings & Pick<OpenedSurroundings, "close">;
  readonly input: RunInput;
}

async function* read(
  feed: OutcomeFeed,
  ended: Promise<void>,
  known: () => Known | undefined,
  signal: AbortSignal,
): AsyncGenerator<RowOutcome, undefined> {
  for (;;) {
    const outcomes = await feed.take();
    if (outcomes === undefined) break;
    for (const outcome of outcomes) yield rowOutcome(outcome);
  }
  await ended;
  const run = known();
  if (run === undefined) return undefined;
  const { surroundings, input } = run;
  try {
    const ledger = openLedger(input.ledger, input.request.run, surroundings);
    const document = signal.aborted ? undefined : await readRun(ledger);
    for await (const outcomes of feed.rest(ledger, document?.shards ?? 0)) {
      for (const outcome of outcomes) yield rowOutcome(outcome);
      if (signal.aborted) break;
    }
  } finally {
    await surroundings.close();
  }
  return undefined;
}

async function work(
  options: ArchiveOptions,
  feed: OutcomeFeed,
  signal: AbortSignal,
  onKnown: (known: Known) => void,
): Promise<Summary> {
  const { rows, onProgress } = options;
  const settings = settingsOfArchiveOptions(options);
  const world = worldOf(options);
  await checkTargets(settings, world.log, world.environment);
  const opened = surroundingsFromSettings(settings, world);
  const { open } = options;
  const surroundings: Known["surroundings"] = open
    ? { ...opened, open: (role, place) => open(role, place) ?? opened.open(role, place) }
    : opened;
  const fault: { thrown?: unknown } = {};
  let dispose = async (): Promise<void> => undefined;
  let isBegun = false;
  try {
    const piped =
      rows === undefined ? standardInput() : { stream: Readable.from(jsonLines(rows, fault)), name: "rows" };
    const kept = await runInputFromSettings(settings, surroundings, piped, signal, true);
    dispose = kept.dispose;
    onKnown({ surroundings, input: kept.input });
    const onBegun = () => {
      isBegun = true;
    };
    const { summary } = await runHere(kept.input, surroundings, {
      signal,
      reader: feed,
      onBegun,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return summary;
  } catch (thrown) {
    if ("thrown" in fault) throw fault.thrown;
    if (!isBegun) await tellRunRefused(thrown, settings, surroundings);
    throw thrown;
  } finally {
    await dispose();
    await opened.close();
  }
}

function worldOf(options: ArchiveOptions): World {
  const { environment = process.env, clock = systemClock, random = Math.random, log = silentLog } = options;
  const { credentials, archiveCredentials = credentials } = options;
  const world = { environment, clock, random, log };
  if (credentials === undefined && archiveCredentials === undefined) return world;
  const source = providerOf(credentials);
  const archive = providerOf(archiveCredentials);
  return { ...world, credentials: { source, archive } };
}

const providerOf = (of: Credentials | CredentialsProvider | undefined): CredentialsProvider | undefined =>
  of === undefined || "get" in of ? of : staticCredentials(of);

/** @param fault what the rows themselves threw, which is not for us to explain */
async function* jsonLines(
  rows: Iterable<ManifestRow> | AsyncIterable<ManifestRow>,
  fault: { thrown?: unknown },
): AsyncGenerator<string> {
  try {
    for await (const row of rows) yield `${JSON.stringify(row ?? null)}\n`;
  } catch (thrown) {
    fault.thrown = thrown;
    throw thrown;
  }
}

function rowOutcome({ row: _, restore: __, outcome, ...rest }: Outcome): RowOutcome {
  if (outcome === "pending") throw new Error("a row that is not over is told to nobody");
  return { ...rest, outcome };
}
