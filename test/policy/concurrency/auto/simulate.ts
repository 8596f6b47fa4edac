/** Processes that work a store in virtual time, each at the pace that it keeps in earnest (archive/shard/pace/pace.ts). */

import { createPace } from "../../../../src/archive/shard/pace/pace.ts";
import { shareOf } from "../../../../src/policy/fair-share.ts";
import { createWorld, seededRandom } from "../../../simulation/world.ts";
import { createStore, type Model, type Work } from "./store-model.ts";

export interface Simulated {
  /** Work of each process by slices of `sliceMs`: objects, or bytes where the line is what limits. */
  readonly work: readonly (readonly number[])[];
  readonly passed: readonly number[];
  readonly refused: readonly number[];
  /** The number that each process kept to, slice by slice. */
  readonly atOnce: readonly (readonly number[])[];
}

export interface Run {
  readonly seconds: number;
  readonly concurrency: number | "auto";
  /** Of one run, one beside the other. */
  readonly processes?: number | undefined;
  /** Tasks at once that each of them may come to. */
  readonly most?: number | undefined;
  /** Source fetches a second, of all of them. */
  readonly rate?: number | undefined;
  readonly seed?: number | undefined;
}

export const sliceMs = 250;

const heartbeatMs = 10_000;

export async function simulate(
  model: Model,
  { seconds, concurrency, processes = 1, most = 1_000, rate, seed = 1 }: Run,
): Promise<Simulated> {
  const world = createWorld(seed);
  const began = world.now();
  const endsAt = began + seconds * 1_000;
  const random = seededRandom(seed + 1);
  const store = createStore(model, world, random);
  const slices = Math.ceil((seconds * 1_000) / sliceMs);
  const passed = new Array<number>(slices).fill(0);
  const refused = new Array<number>(slices).fill(0);
  const slice = () => Math.min(slices - 1, Math.floor((world.now() - began) / sliceMs));
  const work: number[][] = [];
  const atOnce: number[][] = [];
  let working = 0;
  for (let n = 0; n < processes; n++) {
    const { clock } = world;
    const by: Work = { freeAt: began, busyMs: 0, running: 0, connected: 0 };
    let asked = { at: began, busyMs: 0 };
    const busySince = () => {
      const before = asked;
      // What it has taken on but not done yet is none of the time that is over.
      asked = { at: world.now(), busyMs: by.busyMs - Math.max(0, by.freeAt - world.now()) };
      return (asked.busyMs - before.busyMs) / Math.max(1, asked.at - before.at);
    };
    const pace = createPace({
      concurrency: concurrency === "auto" ? most : concurrency,
      memory: concurrency === "auto" ? Number.POSITIVE_INFINITY : undefined,
      maxInstances: processes,
      rate: rate === undefined ? undefined : rate / processes,
      busySince,
      clock,
      random,
    });
    // What each learns of the others' signs of life, once their slot is over.
    const meet = () => {
      const to = Math.max(0, slice() - 1);
      const from = Math.max(0, to - heartbeatMs / sliceMs);
      const brought = work.map((done) => done.slice(from, to).reduce((sum, each) => sum + each, 0));
      pace.shareWith({ workers: processes, share: shareOf(brought[n] ?? 0, brought) });
      world.after(heartbeatMs, meet);
    };
    world.after(heartbeatMs * (0.5 + random()), meet);
    const done = new Array<number>(slices).fill(0);
    const kept = new Array<number>(slices).fill(0);
    work.push(done);
    atOnce.push(kept);
    let before = 0;
    const look = () => {
      kept[slice()] = pace.concurrency();
      if (model.bandwidth !== undefined && world.now() > began) {
        done[slice() - 1] = store.moved() - before;
        before = store.moved();
      }
      if (world.now() + sliceMs < endsAt) world.after(sliceMs, look);
    };
    look();
    const tasks = (function* () {
      while (world.now() < endsAt) yield model.size?.(random) ?? 16_384;
    })();
    working++;
    void pace
      .runEach(tasks, async (size) => {
        pace.begins(size);
        for (;;) {
          await pace.beforeTry();
          const begunAt = clock.elapsed();
          await pace.beforeFetch();
          const sentAt = clock.elapsed();
          const at = slice();
          if (await store.task(size, by)) {
            passed[at] = (passed[at] ?? 0) + 1;
            if (model.bandwidth === undefined) done[slice()] = (done[slice()] ?? 0) + 1;
            return pace.succeeded({ size, begunAt });
          }
          refused[at] = (refused[at] ?? 0) + 1;
          pace.throttled(sentAt);
          await clock.sleep(random() * 100);
        }
      })
      .finally(() => {
        working--;
      });
  }
  await world.run(() => world.now() >= endsAt || working === 0, seconds * 1_000 + 1);
  return { work, passed, refused, atOnce };
}

/** Of all processes, a second, between two moments. */
export function perSecond({ work }: Pick<Simulated, "work">, from: number, to: number): number {
  const [a, b] = [Math.round((from * 1_000) / sliceMs), Math.round((to * 1_000) / sliceMs)];
  return work.reduce((sum, done) => sum + done.slice(a, b).reduce((all, n) => all + n, 0), 0) / (to - from);
}
