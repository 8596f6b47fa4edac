import { runOptionsSchema } from "../../../src/ledger/run-document.ts";
import { digestOf } from "../../../src/run/plan/claim.ts";
import type { PlanEntry } from "../../../src/run/plan/entry.ts";
import { processIdentity } from "../../../src/run/surroundings/worker-identity.ts";
import type { RunAsk } from "../../../src/run/work/run-here.ts";
import { createOwnWorkers, type Workers } from "../../../src/run/work/workers.ts";
import type { FromThread, Port, ToThread } from "../../../src/runtime/threads/messages.ts";
import { createThreadPool, type Thread } from "../../../src/runtime/threads/pool.ts";
import { logTo, serveDeliveries } from "../../../src/runtime/threads/serve-deliveries.ts";
import { type Log, silentLog } from "../../../src/vocabulary/log.ts";
import { archivePlace, ledgerPlace, sourcePlace, type World } from "../../run/world.ts";
import { type Life, mortalBucket, mortalClock } from "../../stores/mortal.ts";

/** A thread that is none: both real ends of the line, by one clock. It can die at any moment, as a process does. */
export interface TestThread {
  readonly index: number;
  readonly number: number;
  /** What it was told. */
  readonly told: readonly ToThread[];
  die(why: string): void;
}

/** Two ends; what is posted arrives later, as a copy. */
function line<Out, In>(life: Life): readonly [Port<Out, In>, Port<In, Out>] {
  const poster =
    <Posted>(others: ReadonlySet<(message: Posted) => void>) =>
    (message: Posted) => {
      const copy = structuredClone(message);
      setImmediate(() => {
        if (!life.dead) for (const heard of others) heard(copy);
      });
    };
  const here = new Set<(message: In) => void>();
  const there = new Set<(message: Out) => void>();
  return [
    { post: poster(there), listen: (heard) => void here.add(heard) },
    { post: poster(here), listen: (heard) => void there.add(heard) },
  ];
}

export interface TestPoolOptions {
  readonly count?: number;
  readonly log?: Log;
  /** Of each thread. */
  readonly concurrency?: number;
  readonly onStart?: (thread: TestThread) => void;
}

export function createTestPool(world: World, options: TestPoolOptions = {}) {
  const { count = 3, log = silentLog, concurrency = 4, onStart } = options;
  const threads: TestThread[] = [];
  const start = (index: number): Thread => {
    const life: Life = { dead: false };
    let died: (why: Error) => void = () => undefined;
    const number = threads.length + 1;
    const told: ToThread[] = [];
    const thread: TestThread = {
      index,
      number,
      told,
      die(why) {
        if (life.dead) return;
        life.dead = true;
        setImmediate(() => died(new Error(why)));
      },
    };
    const [main, inside] = line<ToThread, FromThread>(life);
    const gone = new Set<number>();
    const clock = mortalClock(world.clock, life);
    const surroundings = {
      ...world.surroundings,
      clock,
      settings: { concurrency },
      log: logTo(inside),
      worker: processIdentity(process.pid, { number, gone }),
      open: (...asked: Parameters<typeof world.surroundings.open>) =>
        mortalBucket(world.surroundings.open(...asked), life),
    };
    inside.listen((message) => void told.push(message));
    serveDeliveries(inside, { workers: createOwnWorkers(surroundings), clock, gone });
    threads.push(thread);
    onStart?.(thread);
    return {
      ...main,
      number,
      onDeath(listener) {
        died = listener;
      },
      async terminate() {
        life.dead = true;
      },
    };
  };
  const pool: Workers = createThreadPool({ count, start, log });
  return { pool, threads };
}

export function askFor(keys: readonly string[], options: object = {}): RunAsk {
  async function* rows(): AsyncGenerator<readonly PlanEntry[]> {
    yield keys.map((key, n) => ({ kind: "row", row: { key }, at: { line: n + 1 } }));
  }
  return {
    ledger: ledgerPlace,
    request: {
      schema: "cos-originals/request@1",
      run: "r",
      source: sourcePlace,
      archive: archivePlace,
      rows: { kind: "file", name: "keys.txt", digest: digestOf(keys), format: "lines" },
      options: runOptionsSchema.parse(options),
      askedAt: "2026-01-15T12:00:00.000Z",
      tool: "cos-originals 0",
    },
    rows,
  };
}
