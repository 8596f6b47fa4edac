/**
 * How fast this process works, over all its shards: tasks at once (AIMD), source fetches a second (its share of the budget),
 * and tries a second, where a service refused some for coming too fast (an adaptive rate; no limit, and no cost, while
 * nothing is refused). The decisions are policy's; this holds their state and waits.
 *
 * A try is what is paced: whichever of its requests the service counts, and whichever of the two buckets refuses, tries a
 * second are in proportion to it.
 */
import pLimit from "p-limit";
import { type AdaptiveRate, free, isChance, limitAt, lower, passed } from "../../policy/adaptive-rate.ts";
import { bound, halve, raise, startConcurrency } from "../../policy/concurrency.ts";
import { changeRate, pauseRate, startRate, take } from "../../policy/rate.ts";
import { backoffMs, throttleBackoff, waitedFor } from "../../policy/retry.ts";
import { createThroughput } from "../../policy/throughput.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";
import { tellWait } from "../../vocabulary/waits.ts";
import type { TaskPace } from "../task/pace.ts";

export interface Pace extends TaskPace {
  /**
   * Runs `work` on each of the tasks, as many at once as may, over all callers. They are taken one by one, as there is room, so
   * a shard holds no more of them than run. `work` must not reject.
   */
  runEach<T>(tasks: Iterator<T>, work: (task: T) => Promise<void>): Promise<void>;
  /** Tasks that were handed to `runEach` and have not ended, or as many as could run at once where there are more. */
  unfinished(): number;
  /** Tasks that may run at once now. */
  concurrency(): number;
  /** Tries a second that may begin now; Infinity while nothing was refused for long. */
  triesPerSecond(): number;
}

/** Of an adaptive rate: no more than a timer that comes late. Services count, so what is saved up for a burst is refused. */
const BURST_SECONDS = 0.01;

export function createPace(options: {
  readonly concurrency: number;
  /** Source fetches a second; no limit where absent. */
  readonly rate?: number | undefined;
  /** Restores of originals a second; no limit where absent. */
  readonly restores?: number | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Is told of waits. */
  readonly log?: Log | undefined;
}): Pace {
  const { clock, random, log } = options;
  const limit = pLimit(options.concurrency);
  const throughput = createThroughput();
  let tasks = startConcurrency(options.concurrency);
  let budget = startRate(options.rate ?? Number.POSITIVE_INFINITY, clock.elapsed());
  let restores = startRate(options.restores ?? Number.POSITIVE_INFINITY, clock.elapsed());
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
    if (limit.concurrency !== whole) limit.concurrency = whole;
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
    async runEach(tasks, work) {
      let next = tasks.next();
      const take = () => {
        const { done, value } = next;
        if (done) return undefined;
        next = tasks.next();
        return { value };
      };
      /** A place among those that run, kept from task to task, until there are fewer places. */
      const place = async () => {
        for (let task = take(); task !== undefined; task = take()) {
          await work(task.value);
          if (limit.activeCount > limit.concurrency) return;
        }
      };
      const placed = async () => {
        while (!next.done) await limit(place);
      };
      await Promise.all(Array.from({ length: options.concurrency }, placed));
    },
    waitMs() {
      if (isUnlimited()) return 0;
      const now = clock.elapsed();
      const inBudget = budget.perSecond === Number.POSITIVE_INFINITY ? 0 : take(budget, now).waitMs;
      return isOpen(now) ? inBudget : Math.max(inBudget, take(gate, now).waitMs);
    },
    beforeTry: (signal) => (isUnlimited() || isOpen(clock.elapsed()) ? undefined : turn(signal)),
    beforeFetch(signal) {
      if (isUnlimited()) return undefined;
      const now = clock.elapsed();
      const taken = take(budget, now);
      budget = taken.rate;
      return taken.waitMs <= 0 && resumeAt <= now ? undefined : fetchTurn(taken.waitMs, signal);
    },
    beforeRestore(signal) {
      const now = clock.elapsed();
      const taken = take(restores, now);
      restores = taken.rate;
      return taken.waitMs <= 0 && resumeAt <= now ? undefined : fetchTurn(taken.waitMs, signal);
    },
    answered: () => notePassed(clock.elapsed()),
    succeeded() {
      const now = clock.elapsed();
      notePassed(now);
      burst = 0;
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
      apply(halve(tasks, now));
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
    strained: () => apply(halve(tasks, clock.elapsed())),
    scarce() {
      const before = tasks;
      apply(bound(tasks, clock.elapsed()));
      if (tasks === before) return;
      log?.warn(
        "Fewer originals are under way at once, as this process or machine may open no more files or connections.",
        {
          concurrency: limit.concurrency,
          advice: "raise ulimit -n, or lower --concurrency",
        },
      );
    },
    unfinished: () => limit.activeCount + limit.pendingCount,
    concurrency: () => limit.concurrency,
    triesPerSecond: () => limitAt(adaptive, clock.elapsed()),
  };
}
