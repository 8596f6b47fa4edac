/** I10 and I12 of docs/architecture.md, and what else holds where rows are refused, or workers are unlike each other. */
import { streakLimit } from "../../src/policy/streaks.ts";
import type { Story } from "./simulation.ts";
import { isEverybodys } from "./troubles.ts";
import type { Happening } from "./witness.ts";

type Kind = Happening["kind"];
type Of<K extends Kind> = Extract<Happening, { readonly kind: K }>;

const HEARTBEAT_MS = 10_000;
const SLOT_MS = 10_000;
/** What was longer ago says nothing of now. */
const OLD_MS = 270_000;

export function brokenByRefusals(story: Story): readonly string[] {
  const { happenings, troubles, start } = story;
  const broken: string[] = [];
  const of = <K extends Kind>(...kinds: readonly K[]) =>
    happenings.filter((one): one is Of<K> => (kinds as readonly Kind[]).includes(one.kind));

  // Replies that take seconds each are told by the watch on stalls, which stands beside deliveries and not in these stories.
  if (story.scenario.weather.latencyMs < 1_000) {
    for (const { ms, process } of of("silence")) broken.push(`I10: ${process} said nothing for ${ms} ms`);
  }
  for (const { reason, process } of of("reject")) broken.push(`${process} rejects a message: ${reason}`);
  for (const { answer, process } of of("too new")) {
    if (answer !== "give-back") broken.push(`${process} is too old for the run, and answers a message with ${answer}`);
  }
  if (troubles.refusals.length === 0 && story.scenario.options.maxFailures === undefined) return broken;
  broken.push(...onTrial(story, of("fetch"), of("archived"), of("resume")));
  broken.push(...paidInVain(story));
  for (const halt of of("halt")) {
    const at = halt.at - start;
    if (isSick(story, halt) && !isEverybodys(troubles, at)) broken.push(...haltedAlone(story, halt));
  }
  broken.push(...failedTooMany(story, of("failed"), of("halt", "cancel", "resume"), of("fetch")));
  return broken;
}

/** All that may cost fetches beside refusals. */
const bySlips = ({ failedTries, crashes, hiddenOverlaps, scenario }: Story): number =>
  failedTries + scenario.concurrency * crashes + scenario.options.shardSize * hiddenOverlaps;

/** I12: until a row of the run is archived at most ten fetches are paid, in each trial. */
function onTrial(
  story: Story,
  fetches: readonly Of<"fetch">[],
  archived: readonly Of<"archived">[],
  resumes: readonly Of<"resume">[],
): readonly string[] {
  // Who is older than trials fetches whatever there is.
  if (story.troubles.older.some(({ lacks }) => lacks === "pulse")) return [];
  const end = archived[0]?.at ?? Number.POSITIVE_INFINITY;
  const broken: string[] = [];
  for (let trial = 0; trial < 2; trial++) {
    const from = trial === 0 ? 0 : (resumes[trial - 1]?.at ?? Number.POSITIVE_INFINITY);
    const until = Math.min(end, resumes[trial]?.at ?? Number.POSITIVE_INFINITY);
    const paid = fetches.filter(({ at }) => at >= from && at < until).length;
    if (paid > 10 + bySlips(story)) broken.push(`I12: ${paid} fetches in trial ${trial + 1}, and nothing was archived`);
  }
  return broken;
}

/** I12, later: of each process no more than a streak since it last succeeded, and of all together what the design says. */
function paidInVain(story: Story): readonly string[] {
  const { happenings, scenario, troubles } = story;
  const limit = streakLimit(troubles.maxInstances);
  const broken: string[] = [];
  /** Since it archived something, by process: keys that it fetched, and of them those that were refused. */
  const vain = new Map<string, Set<string>>();
  let all = 0;
  let archived = false;
  for (const one of happenings) {
    if (one.kind === "archived") {
      archived = true;
      all = 0;
      vain.delete(one.process);
    }
    if (one.kind === "resume") {
      all = 0;
      vain.clear();
    }
    if (one.kind !== "refused" || !archived || (one.by !== "source.get" && one.by !== "archive.put")) continue;
    if (one.key.endsWith("probe")) continue;
    const keys = vain.get(one.process) ?? new Set();
    vain.set(one.process, keys);
    if (keys.has(one.key)) continue;
    keys.add(one.key);
    all++;
    // Those in flight when the streak is long enough, and the one that it is compared with.
    const most = limit + scenario.concurrency + 1 + bySlips(story);
    if (keys.size === most + 1) broken.push(`I12: ${one.process} was refused ${keys.size} keys since it succeeded`);
    if (all > Math.max(200, 4 * scenario.workers) + bySlips(story)) {
      broken.push(`I12: ${all} fetches were refused since anybody succeeded`);
    }
  }
  return broken;
}

const isSick = ({ troubles, start }: Story, { worker, at }: Happening): boolean =>
  worker !== undefined &&
  troubles.refusals.some((one) => one.worker === worker && at - start >= one.from && at - start < one.until + 60_000);

/** Whoever is refused alone halts nothing while others succeed. On trial nobody has yet. */
function haltedAlone(story: Story, halt: Of<"halt">): readonly string[] {
  const { happenings, scenario, troubles } = story;
  if (/more than --max-failures/.test(halt.reason)) return [];
  const before = happenings.slice(0, happenings.indexOf(halt));
  const own = before.filter(({ process }) => process === halt.process);
  const by = own.findLast((one) => one.kind === "refused")?.by;
  if (by === undefined) return [];
  /** Of the same request: HEADs by themselves, the others by the row that came of them. */
  const isSuccess = (one: Happening) =>
    by.endsWith("head") ? one.kind === "headed" && one.by === by : one.kind === "archived";
  const lastSuccess = own.findLastIndex(isSuccess);
  const since = own.slice(lastSuccess + 1).find((one) => one.kind === "refused" && one.by === by)?.at ?? halt.at;
  const mute = new Set(troubles.older.map(({ worker }) => worker));
  // Word of it is given by the next pulse, and must then be read.
  const word = HEARTBEAT_MS + scenario.weather.listLagMs + 8 * scenario.weather.latencyMs;
  const told = before.find(
    (one) =>
      isSuccess(one) &&
      one.worker !== halt.worker &&
      !mute.has(one.worker as number) &&
      Math.floor(one.at / SLOT_MS) > Math.floor(since / SLOT_MS) &&
      one.at > halt.at - OLD_MS &&
      one.at < halt.at - word,
  );
  return told === undefined
    ? []
    : [
        `${halt.process} is refused alone since ${since - story.start}, and halts the run at ${halt.at - story.start}, though ${told.process} was not refused at ${told.at - story.start}: ${halt.reason}`,
      ];
}

/** `--max-failures` is passed by no more than what goes on until every worker has had a heartbeat, and has heard of the halt. */
function failedTooMany(
  story: Story,
  failed: readonly Of<"failed">[],
  controls: readonly Of<"halt" | "cancel" | "resume">[],
  fetches: readonly Of<"fetch">[],
): readonly string[] {
  const { options, weather } = story.scenario;
  if (options.maxFailures === undefined) return [];
  const over = failed.find(({ rows }) => rows > Number(options.maxFailures));
  // Who resumes a run wants the rest, however much of it fails; and who dies, or can't be heard, tells nobody.
  if (over === undefined || story.crashes > 0 || story.failedTries > 0) return [];
  if (controls.some(({ at }) => at < over.at)) return [];
  const heard = over.at + 2 * HEARTBEAT_MS + 12 * weather.latencyMs;
  const goesOn = controls.find(({ kind }) => kind === "resume")?.at ?? Number.POSITIVE_INFINITY;
  return fetches
    .filter(({ at }) => at > heard && at < goesOn)
    .slice(0, 1)
    .map(
      ({ process, at }) =>
        `${over.rows} rows had failed at ${over.at - story.start}, more than --max-failures ${options.maxFailures}, and ${process} still fetches at ${at - story.start}`,
    );
}
