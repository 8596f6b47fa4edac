/** I1 to I9, I11, I13 and I14, of docs/architecture.md, asked of a finished story. Each broken one is a sentence. */

import { parseAttemptObject, paths } from "../../src/ledger/layout.ts";
import { planOfShard, type RunDocument, runDocumentSchema } from "../../src/ledger/plan/run-document.ts";
import { decodeShardRows } from "../../src/ledger/plan/shard-rows.ts";
import { foldShard } from "../../src/ledger/shard/fold.ts";
import { decodeSegment } from "../../src/ledger/shard/segment.ts";
import { parseHistoryName } from "../../src/policy/history.ts";
import { parseSummary } from "../../src/report/summary.ts";
import { isTerminal, type Outcome } from "../../src/vocabulary/outcome.ts";
import { brokenByRefusals } from "./refusal-invariants.ts";
import { historyOf } from "./scenario.ts";
import { RUN, type Story } from "./simulation.ts";

export function brokenInvariants(story: Story): readonly string[] {
  const broken: string[] = [];
  if (!story.atRest) return ["I9: the run did not come to rest in ten days"];
  const { ledger, scenario, archive, versions } = story;
  const prefix = `runs/${RUN}/`;
  const read = (path: string) => ledger.object(prefix + path)?.bytes;
  const run = runDocumentSchema.parse(JSON.parse(read("run.json")?.toString() ?? "{}"));
  const outcomes = foldedOutcomes(story);

  // I1: every planned row but those that are only counted has exactly one terminal outcome after the fold.
  let rows = 0;
  for (let shard = 0; shard < run.shards; shard++) {
    const path = paths.shard(planOfShard(run, shard), shard);
    const planned = decodeShardRows(read(path) ?? Buffer.alloc(0), path);
    rows += planned.length;
    planned.forEach((row, position) => {
      const outcome = outcomes.get(shard)?.get(position);
      if (outcome === undefined) broken.push(`I1: row ${position} of shard ${shard} (${row.key}) has no outcome`);
      else if (!isTerminal(outcome))
        broken.push(`I1: row ${position} of shard ${shard} ended ${outcome.outcome} ${outcome.code}`);
      else if (outcome.key !== row.key)
        broken.push(`I1: row ${position} of shard ${shard} has the outcome of ${outcome.key}`);
    });
  }
  rows += run.countedOnly ?? 0;
  if (rows !== scenario.rows.length) broken.push(`I1: ${rows} rows were planned of ${scenario.rows.length}`);

  // I2: what is archived is in the archive, and is a version of the source that was.
  for (const shard of outcomes.values()) {
    for (const outcome of shard.values()) {
      if (outcome.outcome !== "archived") continue;
      const there = archive.object(outcome.archiveKey ?? "");
      if (there === undefined) broken.push(`I2: ${outcome.key} is archived, and is not there`);
      else if (!(versions.get(outcome.key) ?? []).some((bytes) => bytes.equals(there.bytes))) {
        broken.push(`I2: the archive holds other bytes of ${outcome.key}`);
      }
    }
  }
  const before = new Map(scenario.copies.map(({ key, bytes }) => [key, bytes]));
  const archived = archive.keys().filter((key) => !key.startsWith(historyOf));
  for (const key of archived) {
    const there = archive.object(key);
    if (there === undefined || before.get(key)?.equals(there.bytes)) continue;
    if (!(versions.get(key) ?? []).some((bytes) => bytes.equals(there.bytes))) {
      broken.push(`I2: the archive holds bytes of ${key} that the source never had`);
    }
  }
  broken.push(...brokenComparison(story, run));
  broken.push(...brokenHistory(story));
  const metadata = archive.keys().filter((key) => archive.object(key)?.headers["x-cos-meta-owner"] !== "someone");
  if (metadata.length > 0) broken.push(`metadata was lost: ${metadata.join(", ")}`);

  // I3: the summary adds up, and says what the fold says.
  const summary = parseSummary(JSON.parse(read("report/summary.json")?.toString() ?? "{}"));
  if (summary.rows !== scenario.rows.length)
    broken.push(`I3: the summary has ${summary.rows} rows of ${scenario.rows.length}`);
  if (summary.pending !== 0) broken.push(`I3: complete with ${summary.pending} pending rows`);
  if (summary.requests?.["source.get"] === undefined || summary.requests["source.get"] > story.fetches) {
    broken.push(`the summary counts ${summary.requests?.["source.get"]} fetches of ${story.fetches}`);
  }

  // I11
  const reads = ["get", "original", "head", "list", ...(scenario.frozen === undefined ? [] : ["restore"])];
  const written = story.source.log.filter(({ type }) => !reads.includes(type));
  if (written.length > 0) broken.push(`I11: the source was sent ${written.map(({ type, key }) => `${type} ${key}`)}`);

  broken.push(...brokenByRestores(story), ...brokenByCap(story), ...untold(story, outcomes));

  // I4
  if (story.fetchesAfterRest > 0) broken.push(`I4: delivering everything again fetched ${story.fetchesAfterRest} keys`);
  if (story.changedAfterRest.length > 0) broken.push(`I4: and changed ${story.changedAfterRest.join(", ")}`);

  // I5
  // Whoever opens beside another learns of it before it fetches, so that an overlap costs nothing, which is less than the design
  // allows. Only where a LIST does not show the other yet, or what it recorded before it left, is a shard worked twice, until a
  // heartbeat shows them to each other.
  const most =
    scenario.rows.length +
    story.failedTries +
    story.refusedFetches +
    pendingAfterFetch(story) +
    changes(story) +
    scenario.concurrency * story.crashes +
    scenario.options.shardSize * story.hiddenOverlaps;
  if (story.fetches > most) {
    broken.push(
      `I5: ${story.fetches} fetches of ${scenario.rows.length} rows with ${story.failedTries} failed tries, ${story.crashes} crashes, ${story.overlaps} overlaps, ${story.hiddenOverlaps} more that LISTs hid, and concurrency ${scenario.concurrency}`,
    );
  }
  broken.push(
    ...story.badAcknowledgements.map((text) => `I6: ${text}`),
    ...story.lateFetches.map((text) => `I7: ${text}`),
    ...brokenByRefusals(story),
  );
  return broken;
}

/** What is being restored is not asked for again, and what is known not to be restored is not fetched. */
function brokenByRestores({ scenario, source, versions, hiddenOverlaps, virtualHours }: Story): readonly string[] {
  const { frozen, rows } = scenario;
  if (frozen === undefined) return [];
  const broken: string[] = [];
  for (const key of frozen.classes.keys()) {
    // One that was replaced is frozen anew; where nobody came for days the copy is gone.
    const most = (versions.get(key)?.length ?? 1) * Math.ceil((virtualHours + 1) / 72);
    const begun = source.restoresBegun(key);
    if (begun > most) broken.push(`${key} was restored ${begun} times`);
    const isTold = rows.filter((row) => row.key === key).every(({ storageClass }) => storageClass !== undefined);
    const refused = source.refusedFrozen(key);
    if (isTold && refused > (versions.get(key)?.length ?? 1) - 1 + hiddenOverlaps)
      broken.push(`${key} was fetched ${refused} times before it was restored`);
  }
  return broken;
}

/**
 * I14: what the ledger has as spent is never more than the cap that rules. Beyond it may only be what a process had not written down when it
 * died, or what two spent that could not see each other.
 */
function brokenByCap({ money, crashes, hiddenOverlaps }: Story): readonly string[] {
  if (money === undefined || hiddenOverlaps > 0) return [];
  const broken = money.broken.map((text) => `I14: ${text}`);
  const lost = money.spent() - money.recorded();
  return crashes === 0 && lost > 0 ? [...broken, `I14: nobody died, and ${lost} billionths are in no ledger`] : broken;
}

/** Of each archived object somebody was told at least once. */
function untold({ scenario, told }: Story, outcomes: ReturnType<typeof foldedOutcomes>): readonly string[] {
  if (scenario.options.events === undefined) return [];
  const archived = [...outcomes.values()].flatMap((shard) =>
    [...shard.values()].filter((one) => one.outcome === "archived"),
  );
  return archived.filter(({ key }) => !told.has(key)).map(({ key }) => `nobody was told that ${key} is archived`);
}

/** I13: of what the archive held before, and no longer holds, a copy stands; and no copy is made of what was not replaced. */
function brokenHistory({ scenario, archive }: Story): readonly string[] {
  const { copies, options } = scenario;
  const kept = archive.keys().filter((key) => key.startsWith(historyOf));
  if (options.history === undefined) return kept.map((key) => `${key} was copied, and nobody asked for it`);
  return copies.flatMap(({ key, bytes }) => {
    if (archive.object(key)?.bytes.equals(bytes)) return [];
    const its = kept.filter((name) => parseHistoryName(historyOf, name)?.archiveKey === key);
    if (its.some((name) => archive.object(name)?.bytes.equals(bytes))) return [];
    return [`I13: ${key} was replaced in the archive, and of its ${its.length} copies none is of what it was`];
  });
}

/** Of a listing: what the archive held is neither fetched nor deleted, and what only the archive held is told. */
function brokenComparison({ scenario, archive, fetched }: Story, run: RunDocument): readonly string[] {
  const { asking, copies, objects, options, replacements } = scenario;
  if (asking !== "listing" || options.ifExists === "overwrite") return [];
  const broken: string[] = [];
  const replaced = new Set(replacements.map(({ key }) => key));
  for (const { key, laterMs } of copies) {
    const isSettled = objects.has(key) && (options.ifExists === "keep" || laterMs >= 900_000);
    if (isSettled && !replaced.has(key) && fetched.has(key)) broken.push(`${key} was unchanged, and fetched`);
    if (archive.object(key) === undefined) broken.push(`${key} was deleted from the archive`);
  }
  const gone = copies.map(({ key }) => key).filter((key) => !objects.has(key));
  const told = run.deletedFromSource?.keys ?? [];
  if (told.length !== gone.length || gone.some((key) => !told.includes(key))) {
    broken.push(`${gone.length} keys were gone from the source, and ${told.length} of them told: ${told.join(", ")}`);
  }
  return broken;
}

/** Tries that brought the original and could not put it, in a delivery that then gave the row up for the next. */
function pendingAfterFetch({ ledger }: Story): number {
  let tries = 0;
  for (const key of ledger.keys()) {
    if (parseAttemptObject(key)?.object.kind !== "segment") continue;
    for (const outcome of decodeSegment(ledger.object(key)?.bytes ?? Buffer.alloc(0), key).outcomes) {
      if (outcome.outcome === "pending" && outcome.fetchedAt !== undefined) tries++;
    }
  }
  return tries;
}

/** A source replaced in mid-run costs a fetch that brought what is no longer expected. */
const changes = (story: Story) => story.scenario.replacements.length;

function foldedOutcomes({ ledger }: Story): ReadonlyMap<number, ReadonlyMap<number, Outcome>> {
  const byShard = new Map<number, Map<string, Outcome[]>>();
  for (const key of [...ledger.keys()].sort()) {
    const parsed = parseAttemptObject(key);
    if (parsed === undefined || parsed.object.kind !== "segment") continue;
    const attempts = byShard.get(parsed.shard) ?? new Map<string, Outcome[]>();
    byShard.set(parsed.shard, attempts);
    const records = attempts.get(parsed.object.attempt) ?? [];
    attempts.set(parsed.object.attempt, records);
    records.push(...decodeSegment(ledger.object(key)?.bytes ?? Buffer.alloc(0), key).outcomes);
  }
  return new Map(
    [...byShard].map(([shard, attempts]) => [
      shard,
      new Map(
        [...foldShard([...attempts].map(([attempt, outcomes]) => ({ attempt, outcomes })))].map(([row, folded]) => [
          row,
          folded.outcome,
        ]),
      ),
    ]),
  );
}
