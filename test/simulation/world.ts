/**
 * Virtual time, chance, and processes that can die. Everything that happens is decided by one seed: the same seed is the
 * same story, await by await.
 */
import type { Clock, Random } from "../../src/vocabulary/clock.ts";

/** mulberry32: small, fast, and good enough to choose faults with. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

export interface World {
  readonly random: Random;
  now(): number;
  /** Wakes after `ms` of virtual time; the returned function forgets it. */
  after(ms: number, wake: () => void): () => void;
  /** Lets time pass, event by event, until `until` says so or the virtual time is over. */
  run(until: () => boolean, limitMs: number): Promise<boolean>;
  /** A clock of somebody outside of every process. */
  readonly clock: Clock;
}

/** Lets every promise that can go on do so. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function createWorld(seed: number, start = Date.UTC(2026, 10, 22)): World {
  const random = seededRandom(seed);
  const timers: Timer[] = [];
  let now = start;
  let order = 0;
  const before = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.order < b.order);
  const push = (timer: Timer) => {
    let at = timers.push(timer) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if (!before(timer, timers[up] as Timer)) break;
      timers[at] = timers[up] as Timer;
      at = up;
    }
    timers[at] = timer;
  };
  const pop = (): Timer | undefined => {
    const first = timers[0];
    const last = timers.pop();
    if (first === undefined || last === undefined || timers.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= timers.length) break;
      if (down + 1 < timers.length && before(timers[down + 1] as Timer, timers[down] as Timer)) down++;
      if (!before(timers[down] as Timer, last)) break;
      timers[at] = timers[down] as Timer;
      at = down;
    }
    timers[at] = last;
    return first;
  };
  const world: World = {
    random,
    now: () => now,
    after(ms, wake) {
      let forgotten = false;
      push({ at: now + Math.max(0, Math.round(ms)), order: order++, wake: () => forgotten || wake() });
      return () => {
        forgotten = true;
      };
    },
    async run(until, limitMs) {
      const end = now + limitMs;
      for (;;) {
        await turn();
        if (until()) return true;
        const next = pop();
        if (next === undefined || next.at > end) return until();
        now = next.at;
        next.wake();
      }
    },
    clock: {
      now: () => now,
      elapsed: () => now,
      sleep: (ms, signal) => sleepIn(world, () => true, ms, signal),
    },
  };
  return world;
}

function sleepIn(world: World, alive: () => boolean, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const wake = () => {
      forget();
      signal?.removeEventListener("abort", wake);
      if (alive()) resolve();
    };
    const forget = world.after(ms, wake);
    signal?.addEventListener("abort", wake);
  });
}

/**
 * A process: what it awaits goes through here, and once it is dead nothing of it ever goes on. `crashIn` awaits from now it
 * dies by itself, before or after the effect of what it was doing.
 */
export interface Process {
  readonly name: string;
  readonly clock: Clock;
  alive(): boolean;
  kill(): void;
  /** Resolves when it has died. */
  readonly died: Promise<void>;
  /** Dies at the n-th step from now. */
  crashIn(steps: number): void;
  /** Does one effect after some latency, and hands back its result after some more; may die at either end. */
  effect<T>(latencyMs: number, act: () => T | Promise<T>): Promise<T>;
}

/** How long a clock that is wrong stays so before it is set, to as wrong the other way. */
const SET_MS = 7_000;

export function createProcess(world: World, name: string, skewMs: number): Process {
  let alive = true;
  let steps = Number.POSITIVE_INFINITY;
  let tell: () => void = () => undefined;
  const died = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const never = new Promise<never>(() => undefined);
  const die = () => {
    alive = false;
    tell();
  };
  const step = () => {
    if (--steps <= 0) die();
  };
  const process: Process = {
    name,
    alive: () => alive,
    kill: die,
    died,
    crashIn(count) {
      steps = count;
    },
    clock: {
      now: () => world.now() + (Math.floor(world.now() / SET_MS) % 2 === 0 ? skewMs : -skewMs),
      elapsed: () => world.now(),
      sleep: (ms, signal) => sleepIn(world, () => alive, ms, signal),
    },
    async effect(latencyMs, act) {
      await sleepIn(world, () => alive, latencyMs / 2);
      step();
      if (!alive) return never;
      let result: Awaited<ReturnType<typeof act>> | undefined;
      let fault: { readonly thrown: unknown } | undefined;
      try {
        result = await act();
      } catch (thrown) {
        fault = { thrown };
      }
      step();
      if (!alive) return never;
      await sleepIn(world, () => alive, latencyMs / 2);
      if (!alive) return never;
      if (fault !== undefined) throw fault.thrown;
      return result as Awaited<ReturnType<typeof act>>;
    },
  };
  return process;
}
