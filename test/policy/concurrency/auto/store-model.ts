/** A store, the way to it, and the process that works it, in virtual time: what tasks take, and what is refused. */
import type { Random } from "../../../../src/vocabulary/clock.ts";
import type { World } from "../../../simulation/world.ts";

export interface Model {
  /** Of one reply, in ms; a task needs two, one after the other. */
  readonly replyMs: number | ((atMs: number) => number);
  /** By what factor replies differ: up to so much more or less, and one in fifty takes three times as long. */
  readonly jitter?: number;
  /** Originals a second that this process can work at all. */
  readonly processPerSecond?: number;
  /** Of its CPU, in ms, that each connection takes to be opened, over two replies: a TLS handshake. A task has two, which those after it find open. */
  readonly connectMs?: number;
  /** Fetches a second, over all processes; more are answered by 503. */
  readonly cap?: number;
  /** Requests at once at which the store takes twice as long; four times as many, and it is seventeen times. */
  readonly slowsAt?: number;
  /** Bytes a second: of all transfers, and of one. */
  readonly bandwidth?: number;
  readonly ofOne?: number;
  readonly size?: (random: Random) => number;
}

/** What one process asks for. */
export interface Store {
  /** Resolves once the original is fetched and put; with false where it was refused, after a reply's time. */
  task(size: number, by: Work): Promise<boolean>;
  /** Bytes that went over the line so far, where there is one. */
  moved(): number;
}

/** The turn of one process's CPU: a task after the other. */
export interface Work {
  freeAt: number;
  /** Taken so far, in ms. */
  busyMs: number;
  /** Tasks under way, and at most so far: so many have connections. */
  running: number;
  connected: number;
}

export function createStore(model: Model, world: World, random: Random): Store {
  const {
    jitter = 0.2,
    cap = Number.POSITIVE_INFINITY,
    slowsAt,
    bandwidth,
    processPerSecond = 4_000,
    connectMs = 0,
  } = model;
  const began = world.now();
  let atOnce = 0;
  let second = -1;
  let asked = 0;
  const transfers = bandwidth === undefined ? undefined : createTransfers(bandwidth, model.ofOne ?? bandwidth, world);
  const replyMs = () => {
    const at = world.now() - began;
    const plain = typeof model.replyMs === "number" ? model.replyMs : model.replyMs(at);
    const chance = 1 + jitter * (2 * random() - 1);
    const tail = random() < 0.02 && jitter > 0 ? 3 : 1;
    return plain * chance * tail * (slowsAt === undefined ? 1 : 1 + (atOnce / slowsAt) ** 2);
  };
  /** Of its CPU each task needs its turn: how long until that is over. */
  const turn = (by: Work, ms: number): number => {
    by.freeAt = Math.max(by.freeAt, world.now()) + ms;
    by.busyMs += ms;
    return by.freeAt - world.now();
  };
  const after = (ms: number) => new Promise<void>((resolve) => void world.after(ms, resolve));
  return {
    moved: () => transfers?.moved() ?? 0,
    async task(size, by) {
      atOnce++;
      by.running++;
      try {
        if (connectMs > 0 && by.running > by.connected) {
          by.connected++;
          await after(turn(by, 2 * connectMs) + 4 * replyMs());
        }
        await after(turn(by, 1_000 / processPerSecond) + replyMs());
        const now = Math.floor((world.now() - began) / 1_000);
        if (now !== second) {
          second = now;
          asked = 0;
        }
        if (++asked > cap) return false;
        if (transfers !== undefined) await transfers.move(size);
        await after(replyMs());
        return true;
      } finally {
        atOnce--;
        by.running--;
      }
    },
  };
}

/** Transfers that share a line evenly, none of them faster than one connection is. */
function createTransfers(bandwidth: number, ofOne: number, world: World) {
  /** Bytes that a transfer which was always there would have moved. */
  let through = 0;
  let at = world.now();
  let moved = 0;
  let forget = () => {};
  const ends: { readonly until: number; readonly resolve: () => void }[] = [];
  const perMs = () => Math.min(ofOne, bandwidth / Math.max(1, ends.length)) / 1_000;
  const advance = () => {
    const each = perMs() * (world.now() - at);
    through += each;
    moved += each * ends.length;
    at = world.now();
  };
  const arm = () => {
    forget();
    const first = ends[0];
    if (first === undefined) return;
    forget = world.after(Math.max(1, Math.ceil((first.until - through) / perMs())), () => {
      advance();
      const over: (() => void)[] = [];
      while (ends[0] !== undefined && ends[0].until <= through + 1)
        over.push((ends.shift() as { resolve: () => void }).resolve);
      arm();
      for (const resolve of over) resolve();
    });
  };
  return {
    moved() {
      advance();
      return moved;
    },
    move: (bytes: number) =>
      new Promise<void>((resolve) => {
        advance();
        const until = through + bytes;
        let lo = 0;
        let hi = ends.length;
        while (lo < hi) {
          const mid = (lo + hi) >> 1;
          if ((ends[mid]?.until ?? 0) <= until) lo = mid + 1;
          else hi = mid;
        }
        ends.splice(lo, 0, { until, resolve });
        arm();
      }),
  };
}
