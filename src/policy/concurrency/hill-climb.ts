/**
 * How many tasks at once this store, this distance and this process bear: found by trying. Pure: a state, and what follows of each measurement.
 *
 * It is hill climbing on throughput. It begins as TCP's slow start does, with BBR's reason to end it (Cardwell et al., 2016: go on while the
 * delivery rate grows with each doubling, not until something is lost), and then probes: some more or some fewer for one window, between two
 * windows of what is held, as .NET's thread pool does (Hellerstein et al., "Optimizing concurrency levels in the .NET ThreadPool"). The
 * gradient controllers of Netflix's concurrency-limits and of Envoy hold the latency near its least instead. They guard a server whose callers
 * wait, where each place in a queue is somebody's time. Here nobody waits for one object: a queue of ours costs memory and nothing else, so
 * latency is only how throughput is measured (work-window.ts), and what is wanted is the least number beyond which more bring next to nothing.
 *
 *     climbing up ──no more gained──▶ resting ──now and then──▶ probing up or down ──▶ checking (what was held, once more)
 *        │  ▲                          ▲   ▲                                               │         │
 *        │  └───────throughput is another than before, or more paid, or fewer do as well───┼─────────┘ (climbing on, up or down)
 *        └──nothing gained at all──▶ climbing down ──something lost──┘                      └── neither: rest for longer
 *
 * A process that has no time left (its event loop is always busy) can't do more, however many wait in it: then fewer are tried, never more.
 *
 * Gains are elasticities: by what power of the number the throughput grows. 1 is in proportion, 0 nothing.
 *
 * Where n processes share a bottleneck, one that takes more than the others gains at their cost, and all of them would go to the most. What one
 * gains so is 1 − 1/n, so that only what exceeds it counts: then a smaller share finds more to gain than a larger one, and they come
 * together.
 */
import { alone, type Company } from "../fair-share.ts";

/** What so many at once brought. */
export interface Level {
  readonly limit: number;
  readonly throughput: number;
}

export type Direction = "up" | "down";

type Mode =
  | { readonly kind: "climbing"; readonly toward: Direction; readonly from?: Level; readonly gained: boolean }
  | {
      readonly kind: "resting";
      readonly toward: Direction;
      readonly left: number;
      readonly rest: number;
      readonly level?: Level;
      readonly odd: number;
    }
  | { readonly kind: "probing"; readonly toward: Direction; readonly rest: number; readonly level: Level }
  | {
      readonly kind: "checking";
      readonly toward: Direction;
      readonly rest: number;
      readonly level: Level;
      readonly tried: Level;
    };

export interface HillClimb {
  /** How many may run at once now. */
  readonly limit: number;
  /** Never more. */
  readonly most: number;
  readonly mode: Mode;
}

/** What more has to bring: of a doubling some 11 %, of half as many again some 6 %. */
const WORTH_MORE = 0.15;
/** What fewer may lose, or they are too few. */
const WORTH_FEWER = 0.06;
/** So much in proportion that the next step is twice a doubling. */
const IN_PROPORTION = 0.8;
const PROBE = 1.5;
const PROBE_BESIDE = 1.3;
/** Windows between two probes: at first, and at most. */
const LEAST_REST = 3;
const MOST_REST = 12;
/** What a measurement may be off by; two in a row that are off by more say that something has changed. */
const CHANGED = Math.log(1.25);
/** Two windows of the same number that differ by more say nothing about what was tried between them. */
const UNSTEADY = Math.log(1.15);

export function startClimb(start: number, most: number): HillClimb {
  return { limit: Math.max(1, Math.min(start, most)), most, mode: { kind: "climbing", toward: "up", gained: false } };
}

/** Is the number sought for, or held but for a probe now and then? */
export const isSought = ({ mode }: HillClimb): boolean => mode.kind === "climbing";

/** By what power of the number the throughput grew from `a` to `b`; of a step of nothing 0. */
export function elasticity(a: Level, b: Level): number {
  return a.limit === b.limit ? 0 : Math.log(b.throughput / a.throughput) / Math.log(b.limit / a.limit);
}

/** By so much a share may differ from the fair one. */
const FAIR = 1.1;
/** Who has less than a fair share goes up for less, and who has more goes down unless what it loses is its own alone. */
const LENIENT = 0.15;
const ITS_OWN = 0.92;

const worthMore = ({ workers, share }: Company): number =>
  1 - (1 - WORTH_MORE) / workers - (share * FAIR < 1 ? LENIENT : 0);
const worthFewer = ({ workers, share }: Company): number => (share > FAIR ? ITS_OWN : 1 - (1 - WORTH_FEWER) / workers);

/** What is known beside the measurement. */
export interface Beside {
  readonly company?: Company | undefined;
  /** In [0, 1), another one each time. */
  readonly chance?: number;
  /** The process had no time left while it was measured: more at once would only wait in it. */
  readonly isBusy?: boolean;
}

export function step(climb: HillClimb, throughput: number, beside: Beside = {}): HillClimb {
  const { company = alone, chance = 0.5, isBusy = false } = beside;
  const now: Level = { limit: climb.limit, throughput };
  const { mode } = climb;
  switch (mode.kind) {
    case "climbing":
      return mode.toward === "up"
        ? climbedUp(climb, now, mode.from, mode.gained, company, isBusy)
        : climbedDown(climb, now, mode.from ?? now, company);
    case "resting":
      return rested(climb, now, mode, company, chance, isBusy);
    case "probing": {
      const { level, toward, rest } = mode;
      const isClear = toward === "up" && company.workers <= 1 && elasticity(level, now) >= IN_PROPORTION;
      if (isClear) return climbedUp(climb, now, level, true, company, isBusy);
      return { ...climb, limit: level.limit, mode: { kind: "checking", toward, rest, level, tried: now } };
    }
    case "checking":
      return checked(climb, now, mode, company, isBusy);
  }
}

function climbedUp(
  climb: HillClimb,
  now: Level,
  from: Level | undefined,
  gained: boolean,
  company: Company,
  isBusy: boolean,
): HillClimb {
  const { most } = climb;
  const { workers } = company;
  if (from === undefined) {
    if (isBusy || now.limit >= most) return resting(climb, now, "down", 1);
    const limit = Math.min(most, Math.ceil(now.limit * (workers > 1 ? PROBE : 2)));
    return { ...climb, limit, mode: { kind: "climbing", toward: "up", from: now, gained } };
  }
  const grown = elasticity(from, now);
  if (grown >= worthMore(company)) {
    if (isBusy) return resting(climb, now, "down", 1);
    if (now.limit >= most) return resting(climb, now, "down", grown >= IN_PROPORTION ? MOST_REST : LEAST_REST);
    // Beside others a step at a time, for all of them may take it at once.
    if (workers > 1) return resting(climb, now, "up");
    const limit = Math.min(most, Math.ceil(now.limit * (grown >= IN_PROPORTION ? 4 : 2)));
    return { ...climb, limit, mode: { kind: "climbing", toward: "up", from: now, gained: true } };
  }
  // Somewhere between the two, perhaps: a probe will tell.
  if (gained) return resting(climb, from, isBusy ? "down" : "up", 1);
  if (workers > 1) return resting(climb, from, "down", 1);
  return {
    ...climb,
    limit: Math.max(1, Math.floor(from.limit / 2)),
    mode: { kind: "climbing", toward: "down", from, gained },
  };
}

function climbedDown(climb: HillClimb, now: Level, from: Level, company: Company): HillClimb {
  const { workers } = company;
  if (now.limit < from.limit && elasticity(from, now) > worthFewer(company)) return resting(climb, from, "down", 1);
  if (now.limit <= 1) return resting(climb, now, "up");
  if (workers > 1) return resting(climb, now, "down", 1);
  const limit = Math.max(1, Math.floor(now.limit / 2));
  return { ...climb, limit, mode: { kind: "climbing", toward: "down", from: now, gained: true } };
}

function resting(climb: HillClimb, level: Level, toward: Direction, rest = LEAST_REST): HillClimb {
  return {
    ...climb,
    limit: level.limit,
    mode: { kind: "resting", toward, left: rest, rest: Math.max(LEAST_REST, rest), odd: 0 },
  };
}

function rested(
  climb: HillClimb,
  now: Level,
  mode: Extract<Mode, { kind: "resting" }>,
  { workers, share }: Company,
  chance: number,
  isBusy: boolean,
): HillClimb {
  const { level = now, rest } = mode;
  const isOdd = Math.abs(Math.log(now.throughput / level.throughput)) > CHANGED;
  const odd = isOdd ? mode.odd + 1 : 0;
  // Something has changed: what was held may be far too few by now.
  if (odd >= 2 && workers <= 1) return probe(climb, now, isBusy ? "down" : "up", LEAST_REST, workers);
  if (isOdd && workers <= 1) return { ...climb, mode: { ...mode, odd } };
  const left = mode.left - 1;
  // Beside others it is left to chance, so that seldom two try at once and each takes the other's doing for its own.
  if (workers > 1 ? left > 0 || chance * workers > 1 : left > 0)
    return { ...climb, mode: { ...mode, left, level: now, odd } };
  const wanted = share > FAIR ? "down" : share * FAIR < 1 ? "up" : mode.toward;
  return probe(climb, now, isBusy ? "down" : wanted, rest, workers);
}

function probe(climb: HillClimb, level: Level, wanted: Direction, rest: number, workers: number): HillClimb {
  const { most } = climb;
  const toward: Direction = level.limit >= most ? "down" : level.limit <= 1 ? "up" : wanted;
  const by = workers > 1 ? PROBE_BESIDE : PROBE;
  const limit =
    toward === "up" ? Math.min(most, Math.ceil(level.limit * by)) : Math.max(1, Math.floor(level.limit / by));
  if (limit === level.limit) return resting(climb, level, toward, rest);
  return { ...climb, limit, mode: { kind: "probing", toward, rest, level } };
}

function checked(
  climb: HillClimb,
  now: Level,
  mode: Extract<Mode, { kind: "checking" }>,
  company: Company,
  isBusy: boolean,
): HillClimb {
  const { level, tried, toward, rest } = mode;
  const changed = Math.abs(Math.log(now.throughput / level.throughput));
  if (changed > CHANGED && company.workers <= 1) return resting(climb, now, isBusy ? "down" : "up", 1);
  if (changed > UNSTEADY) return resting(climb, now, toward, LEAST_REST);
  const held: Level = { ...now, throughput: Math.sqrt(now.throughput * level.throughput) };
  const grown = elasticity(held, tried);
  if (toward === "up" && grown >= worthMore(company)) return climbedUp(climb, tried, held, true, company, isBusy);
  if (toward === "down" && grown <= worthFewer(company)) return climbedDown(climb, tried, held, company);
  return resting(climb, held, toward === "up" ? "down" : "up", Math.min(MOST_REST, rest * 2));
}

/** No more than these from now on, or, where they are more again, as many as those. */
export function boundClimb(climb: HillClimb, most: number): HillClimb {
  if (most === climb.most) return climb;
  if (climb.limit <= most) {
    // What was held back by the bound goes on.
    const isAtBound = climb.limit >= climb.most && climb.mode.kind === "resting";
    return { ...climb, most, mode: isAtBound ? { kind: "climbing", toward: "up", gained: true } : climb.mode };
  }
  return { limit: most, most, mode: { kind: "resting", toward: "down", left: LEAST_REST, rest: LEAST_REST, odd: 0 } };
}

/** The service refused some, so that what was tried when it did says nothing: what is held is measured anew. */
export function disturb(climb: HillClimb): HillClimb {
  const { mode } = climb;
  const limit = mode.kind === "probing" ? mode.level.limit : climb.limit;
  return { ...climb, limit, mode: { kind: "resting", toward: "down", left: LEAST_REST, rest: LEAST_REST, odd: 0 } };
}

/** What one window is to be: so many tasks of those that began in it, and so long at least. */
export function windowOf(climb: HillClimb, workers = 1): { readonly tasks: number; readonly leastMs: number } {
  const { limit } = climb;
  if (isSought(climb)) return { tasks: Math.max(24, Math.ceil(limit / 2)), leastMs: 100 };
  // Beside others gains are to be told apart that differ by little.
  const least = workers > 1 ? 192 : 48;
  return { tasks: Math.max(least, Math.min(2 * limit, Math.max(limit, 600))), leastMs: 250 };
}
