/**
 * How fast this process works, over all its shards: tasks at once (AIMD), source fetches a second (its share of the budget),
 * and tries a second, where a service refused some for coming too fast (an adaptive rate; no limit, and no cost, while
 * nothing is refused). The decisions are policy's; this holds their state and waits.
 *
 * A try is what is paced: whichever of its requests the service counts, and whichever of the two buckets refuses, tries a
 * second are in proportion to it.
 */
import { type AdaptiveRate, free, isChance, limitAt, lower, passed, share } from "../../../policy/adaptive-rate.ts";
import { createAutoConcurrency } from "../../../policy/concurrency/auto-concurrency.ts";
import { bound, halve, raise, startConcurrency } from "../../../policy/concurrency/concurrency.ts";
import { type Company, partOf, type Told } from "../../../policy/fair-share.ts";
import { changeRate, pauseRate, startRate, take } from "../../../policy/rate.ts";
import { backoffMs, throttleBackoff, waitedFor } from "../../../policy/retry.ts";
import { createThroughput } from "../../../policy/throughput.ts";
import type { Clock, Random } from "../../../vocabulary/clock.ts";
import type { Log } from "../../../vocabulary/log.ts";
import { tellWait } from "../../../vocabulary/waits.ts";
import type { TaskPace } from "../../task/pace.ts";
import { createHoldUps, type HoldUp } from "./hold-up.ts";
import { createTaskPool } from "./task-pool.ts";

export interface Pace extends TaskPace {
  /**
   * Runs `work` on each of the tasks, as many at once as may, over all callers. They are taken one by one, as there is room, so
   * a shard holds no more of them than run. `onFault` is told what `work` rejects with.
   */
  runEach<T>(tasks: Iterator<T>, work: (task: T) => Promise<void>, onFault?: (thrown: unknown) => void): Promise<void>;
  /** Tasks that were handed to `runEach` and have not ended, or as many as could run at once where there are more. */
  unfinished(): number;
  /** Tasks under way. */
  running(): number;
  /** What holds it up just now; undefined where nothing does. */
  heldUp(): HoldUp | undefined;
  /** A task begins. @param size in bytes, where it is known */
  begins(size: number | undefined): void;
  /** Tasks that may run at once now. */
  concurrency(): number;
  /** Who works the run beside this process, once in some seconds: they share the budget, and whatever else is at its limit. */
  shareWith(company: Company): void;
  /** That number where it was found by trying: undefined where it was given, or where there never was as much to do at once. */
  foundConcurrency(): number | undefined;
  /** Tries a second that may begin now; Infinity while nothing was refused for long. */
  triesPerSecond(): number;
}

/** Of an adaptive rate: no more than a timer that comes late. Services count, so what is saved up for a burst is refused. */
const BURST_SECONDS = 0.01;

export function createPace(options: {
  /** Tasks at once; with `memory` the most of them. */
  readonly concurrency: number;
  /** Bytes for what is under way: present where the number is to be found by trying. */
  readonly memory?: number | undefined;
  /** Source fetches a second, of a process that knows nothing of others; no limit where absent. */
  readonly rate?: number | undefined;
  /** Bytes of originals a second; no limit where absent. */
  readonly bandwidth?: number | undefined;
  /** Restores of originals a second; no limit where absent. */
  readonly restores?: number | undefined;
  /** Processes that may work at the same time; where there are fewer, as `shareWith` says, each may fetch more. 1 where absent. */
  readonly maxInstances?: number | undefined;
  /** The share of the time since it was asked last in which this process was busy. */
  readonly busySince?: (() => number) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Is told of waits. */
  readonly log?: Log | undefined;
}): Pace {
  const { clock, random, log } = options;
  const throughput = createThroughput();
  const holdUps = createHoldUps(clock);
  const { memory, concurrency: most, maxInstances = 1 } = options;
  const auto =
    memory === undefined
      ? undefined
      : createAutoConcurrency({ most, memory, isAlone: maxInstances === 1, random, busySince: options.busySince });
  let tasks = startConcurrency(auto?.limit() ?? most);
  const pool = createTaskPool(tasks.limit);
  let budget = startRate(options.rate ?? Number.POSITIVE_INFINITY, clock.elapsed());
  let bandwidth = startRate(options.bandwidth ?? Number.POSITIVE_INFINITY, clock.elapsed());
  let restores = startRate(options.restores ?? Number.POSITIVE_INFINITY, clock.elapsed());
  let told: Told | undefined;
  let adaptive: AdaptiveRate = free;
  let gate = startRate(Number.POSITIVE_INFINITY, clock.elapsed(), BURST_SECONDS);
  /** When the last pause ends, or ended, ms by the clock's `elapsed`. */
  let resumeAt = Number.NEGATIVE_INFINITY;
  /** Pauses without a success between them. */
  let burst = 0;
  /** Since the last pause. */
  let hasPassed = true;
  /** Since the last refusal. */
  let answers = 0;
  /** Was the last refusal taken for chance? Then those after it are no echo of it. */
  let byChance = false;

  const apply = (next: typeof tasks) => {
    tasks = next;
    const whole = Math.max(1, Math.floor(next.limit));
    if (pool.limit() !== whole) pool.setLimit(whole);
  };
  /** What was found by trying is the most; what was halved rises towards it by itself. */
  const follow = () => {
    const found = auto?.limit() ?? most;
    if (found === tasks.max) return;
    const isBelow = tasks.limit < Math.min(found, tasks.max);
    apply({ ...tasks, max: found, limit: isBelow ? tasks.limit : found });
  };
  const slowDown = (now: number) => {
    const before = tasks;
    apply(halve(tasks, now));
    if (tasks === before) return;
    auto?.disturbed();
    follow();
  };
  const isOpen = (now: number) => adaptive.kind === "free" && resumeAt <= now;
  /** No budget, and nothing was refused yet: the clock need not be asked. */
  const isUnlimited = () =>
    adaptive.kind === "free" && resumeAt === Number.NEGATIVE_INFINITY && budget.perSecond === Number.POSITIVE_INFINITY;
  /** The gate lets through what the adaptive rate is now. */
  const adjust = (now: number) => {
    const perSecond = limitAt(adaptive, now);
    if (perSecond === Number.POSITIVE_INFINITY) adaptive = free;
    if (perSecond !== gate.perSecond) gate = changeRate(gate, perSecond, now);
  };
  /** How long so many bytes have to wait; where there are none, or fewer than was reckoned with, nobody waits. */
  const waitForBytes = (bytes: number): number => {
    if (bytes === 0 || bandwidth.perSecond === Number.POSITIVE_INFINITY) return 0;
    const taken = take(bandwidth, clock.elapsed(), bytes);
    bandwidth = taken.rate;
    if (bytes < 0 || taken.waitMs <= 0) return 0;
    holdUps.heldBy("bandwidth");
    // More at once would not bring more.
    auto?.heldBack();
    return taken.waitMs;
  };
  const notePassed = (now: number) => {
    throughput.count(now);
    hasPassed = true;
    answers++;
    if (adaptive.kind === "away") adaptive = passed(adaptive, now);
  };
  const pause = (now: number, until: number) => {
    adjust(now);
    tellWait(log, "Nothing is sent for a while: the service says that requests come too fast.", until - now);
    resumeAt = until;
    gate = pauseRate(gate, until);
  };

  async function turn(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const now = clock.elapsed();
      adjust(now);
      const taken = take(gate, now);
      gate = taken.rate;
      if (taken.waitMs <= 0) return;
      auto?.heldBack();
      const before = resumeAt;
      await clock.sleep(taken.waitMs, signal);
      // A turn that was given before a pause is none after it, or all that waited would go at once.
      if (signal?.aborted || resumeAt === before) return;
    }
  }
  async function fetchTurn(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    while (resumeAt > clock.elapsed() && !signal?.aborted) await turn(signal);
  }

  return {
    runEach: pool.runEach,
    waitMs() {
      if (isUnlimited() && bandwidth.perSecond === Number.POSITIVE_INFINITY) return 0;
      const now = clock.elapsed();
      const ofFetches = budget.perSecond === Number.POSITIVE_INFINITY ? 0 : take(budget, now).waitMs;
      const inBudget = Math.max(ofFetches, take(bandwidth, now, 0).waitMs);
      return isOpen(now) ? inBudget : Math.max(inBudget, take(gate, now).waitMs);
    },
    beforeTry: (signal) => (isUnlimited() || isOpen(clock.elapsed()) ? undefined : turn(signal)),
    beforeFetch(signal, bytes = 0) {
      const bytesMs = waitForBytes(bytes);
      if (isUnlimited()) return bytesMs <= 0 ? undefined : fetchTurn(bytesMs, signal);
      const now = clock.elapsed();
      if (options.rate !== undefined) {
        const part = partOf(options.rate, maxInstances, told, now);
        if (part !== budget.perSecond) budget = changeRate(budget, part, now);
      }
      const taken = take(budget, now);
      budget = taken.rate;
      auto?.waited(Math.max(taken.waitMs, resumeAt - now, 0));
      if (taken.waitMs > 0) holdUps.heldBy("rate");
      const waitMs = Math.max(taken.waitMs, bytesMs);
      return waitMs <= 0 && resumeAt <= now ? undefined : fetchTurn(waitMs, signal);
    },
    beforeRestore(signal) {
      const now = clock.elapsed();
      const taken = take(restores, now);
      restores = taken.rate;
      if (taken.waitMs > 0) holdUps.heldBy("restores");
      return taken.waitMs <= 0 && resumeAt <= now ? undefined : fetchTurn(taken.waitMs, signal);
    },
    limitsBytes: options.bandwidth !== undefined,
    received(bytes, signal) {
      const waitMs = waitForBytes(bytes);
      return waitMs <= 0 ? undefined : clock.sleep(waitMs, signal);
    },
    waitsToRetry: holdUps.waitsToRetry,
    answered: () => notePassed(clock.elapsed()),
    begins: (size) => auto?.begins(size),
    succeeded(task) {
      const now = clock.elapsed();
      notePassed(now);
      burst = 0;
      if (auto !== undefined && task !== undefined) {
        // What was halved is on its way back: what it does meanwhile says nothing of the number that was found.
        if (tasks.limit < tasks.max) auto.heldBack();
        auto.ended(task, pool.running(), Math.min(budget.perSecond, limitAt(adaptive, now)), now);
        follow();
      }
      if (tasks.limit < tasks.max) apply(raise(tasks, now, adaptive.kind !== "free"));
    },
    throttled(sentAt, retryAfterMs) {
      const now = clock.elapsed();
      const chance = isChance(answers);
      answers = 0;
      if (chance) {
        byChance = true;
        // Its row waits by itself; all of them do where the service says for how long.
        const until = now + waitedFor(retryAfterMs ?? 0);
        if (retryAfterMs !== undefined && until > resumeAt) pause(now, until);
        return;
      }
      slowDown(now);
      if (sentAt < resumeAt && !byChance) {
        // It was under way when the pause began, so it says nothing new but how long to wait.
        const until = now + waitedFor(retryAfterMs ?? 0);
        if (until > resumeAt) pause(now, until);
        return;
      }
      byChance = false;
      const until = now + backoffMs(burst++, throttleBackoff, random, retryAfterMs);
      adaptive = lower(adaptive, now, throughput.perSecond(now), until, hasPassed);
      hasPassed = false;
      pause(now, until);
    },
    strained: () => slowDown(clock.elapsed()),
    scarce() {
      const before = tasks;
      apply(bound(tasks, clock.elapsed()));
      if (tasks === before) return;
      auto?.disturbed();
      log?.warn(
        "Fewer originals are under way at once, as this process or machine may open no more files or connections.",
        {
          concurrency: pool.limit(),
          advice: "raise ulimit -n, or lower --concurrency",
        },
      );
    },
    unfinished: () => pool.running() + (pool.hasWaiting() ? pool.limit() : 0),
    running: pool.running,
    heldUp() {
      const now = clock.elapsed();
      const triesPerSecond = limitAt(adaptive, now);
      return holdUps.now({ pausedMs: resumeAt - now, triesPerSecond, running: pool.running() });
    },
    concurrency: () => pool.limit(),
    shareWith(company) {
      told = { company, at: clock.elapsed() };
      adaptive = share(adaptive, company.share);
      auto?.shareWith(company);
    },
    foundConcurrency: () => (auto !== undefined && pool.wasFull() ? pool.limit() : undefined),
    triesPerSecond: () => limitAt(adaptive, clock.elapsed()),
  };
}
