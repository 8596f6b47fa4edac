/**
 * How many tasks run at once where nobody says a number: what hill climbing (hill-climb.ts) makes of what a window of tasks brings
 * (work-window.ts), within what memory bears and a rate needs. Keeps the state; no I/O. What the service refuses is concurrency.ts's, below what
 * this says.
 */

import type { Random } from "../../vocabulary/clock.ts";
import { alone, type Company } from "../fair-share.ts";
import { boundClimb, disturb, type HillClimb, isSought, startClimb, step, windowOf } from "./hill-climb.ts";
import { createWorkWindow } from "./work-window.ts";

export interface AutoConcurrency {
  /** How many may run at once now. */
  limit(): number;
  /** A task begins. @param size in bytes, where it is known */
  begins(size: number | undefined): void;
  /**
   * A task ended well; times in ms by the clock's `elapsed`.
   * @param running tasks that ran when it ended, itself included
   * @param perSecond what a budget or a service that refuses lets through; Infinity where nothing limits it
   */
  ended(
    task: { readonly size: number | undefined; readonly begunAt: number },
    running: number,
    perSecond: number,
    now: number,
  ): void;
  /** Something else than the number of tasks held one back. */
  heldBack(): void;
  /** A task waited so long for its fetch, in ms, since a budget or a pause held it back; 0 where it did not. */
  waited(ms: number): void;
  /** The service refused some, or the process could open no more. */
  disturbed(): void;
  /** Who works the same run: they may share what is at its limit. */
  shareWith(company: Company): void;
}

/** What is tried first; a number that a small process bears, and few services refuse. */
export const startsAt = 32;

/** Buffers of two connections, and what else a task holds. */
const FOOTPRINT = 96 * 1024;
/** Up to here a body is held whole; a larger one streams through, a piece at a time. */
const HELD = 1024 * 1024;
/** Tasks over which a footprint is averaged. */
const LATELY = 32;

/** Of a process's memory: Node itself, the rows and what waits to be collected need the rest. */
const FOR_BODIES = 0.25;

/** Bytes for what is under way, of all that the process may use. */
export const memoryForBodies = (memory: number): number => memory * FOR_BODIES;

/** What a rate needs, and a quarter more: tasks don't all take as long as the usual one. */
const SLACK = 1.25;
const LEAST = 8;

/** Of a process's time; the rest is what it takes to be woken. */
const BUSY = 0.93;

/** Nothing that one gains then counts. */
const unknown: Company = { workers: Number.POSITIVE_INFINITY, share: 1 };

/**
 * @param most that this process could run at once at all
 * @param memory bytes for what is under way
 */
export function createAutoConcurrency(options: {
  readonly most: number;
  readonly memory: number;
  /** Nobody else works the run; otherwise that is to be told, and until then only the first climb is made. */
  readonly isAlone: boolean;
  readonly random: Random;
  /** The share of the time since it was asked last in which this process was busy; where nobody knows, it never is. */
  readonly busySince?: (() => number) | undefined;
}): AutoConcurrency {
  const { most, memory, random, busySince = () => 0 } = options;
  const window = createWorkWindow();
  let climb = startClimb(startsAt, most);
  let company = options.isAlone ? alone : undefined;
  let footprint = FOOTPRINT;
  let enough = Number.POSITIVE_INFINITY;

  const begin = () => {
    const { tasks, leastMs } = windowOf(climb, company?.workers);
    window.begin(climb.limit, tasks, leastMs);
  };
  const become = (next: HillClimb) => {
    climb = next;
    begin();
  };
  begin();

  return {
    limit: () => Math.min(climb.limit, enough),
    begins(size) {
      window.begins();
      footprint += (FOOTPRINT + Math.min(size ?? HELD, HELD) - footprint) / LATELY;
      if (climb.limit > 1 && climb.limit * footprint > memory) climb = boundClimb(climb, borne());
    },
    ended(task, running, perSecond, now) {
      // How busy it was while new places were filled says nothing of them: each opened connections, whose handshakes are paid once.
      if (window.ended(task, running, now)) busySince();
      const usual = window.usualMs();
      enough =
        perSecond === Number.POSITIVE_INFINITY || usual === undefined
          ? Number.POSITIVE_INFINITY
          : LEAST + Math.ceil((SLACK * perSecond * usual) / 1_000);
      if (enough < climb.limit) window.heldBack();
      const measured = window.measured(now);
      if (measured.kind === "open") return;
      if (climb.most < most && borne() > 1.25 * climb.most) climb = boundClimb(climb, borne());
      if (measured.kind === "void") return become(climb);
      const before = climb.mode;
      become(
        step(climb, measured.throughput, {
          company: company ?? (isSought(climb) ? alone : unknown),
          chance: random(),
          isBusy: busySince() >= BUSY,
        }),
      );
      // What the share is now, the next signs of life tell.
      if (before.kind === "checking" && company !== undefined) company = { ...company, share: 1 };
    },
    heldBack: window.heldBack,
    waited(ms) {
      if (ms > 0) window.heldBack();
      window.waited(ms);
    },
    disturbed: () => become(disturb(climb)),
    shareWith(told) {
      company = told;
    },
  };

  function borne(): number {
    return Math.max(1, Math.min(most, Math.floor(memory / footprint)));
  }
}
