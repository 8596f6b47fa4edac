/**
 * What the store itself can do, so that it is seen never to be what is measured: GET and PUT pairs asked for by a client of raw
 * sockets, which reads nothing. That client needs a core as well, so what is reached is the least the store can do.
 */
import { join } from "node:path";
import { type SizeLabel, sizes } from "../bodies.ts";
import type { JobOrder, Took } from "../job.ts";
import { type Spread, spread } from "../numbers.ts";
import type { Bench, Part } from "../part.ts";
import { start } from "../processes.ts";
import type { Cell } from "../race.ts";
import type { Checked } from "../store.ts";

export interface StoreResult {
  readonly ceilings: readonly Ceiling[];
}

export interface Ceiling {
  readonly label: SizeLabel;
  readonly connections: number;
  /** GET and PUT pairs a second that were reached. */
  readonly rate: Spread;
  /** What of its core the store used, 0 to 1. */
  readonly storeLoad: number;
  /** Pairs a second that its whole core is good for. */
  readonly ceiling: number;
  /** Of those; a pair counts the object once. */
  readonly megabytesPerSecond: number;
  readonly wrong: number;
  /** The fastest of the race at this size, where there was one, and its rate as a share of the ceiling. */
  readonly fastest?: { readonly name: string; readonly concurrency: number; readonly share: number };
}

const mostRounds = 5;
const loads = [
  { label: "16KiB", connections: 32, objects: 20_000 },
  { label: "4MiB", connections: 16, objects: 200 },
] as const;

export function createStorePart({ flags, folder, store, cells, note }: Bench): Part<StoreResult> {
  const rounds = Math.min(flags.rounds, mostRounds);
  return {
    name: "store",
    async run() {
      const { talking, origin } = await store();
      const worker = await start(join(folder, "job.js"), 0, { flags: ["--expose-gc"] });
      const ceilings: Ceiling[] = [];
      try {
        for (const load of loads) {
          const { label, connections } = load;
          const objects = flags.objects ?? load.objects;
          const [rates, used]: [number[], number[]] = [[], []];
          let wrong = 0;
          for (let round = -1; round < rounds; round++) {
            note(`the store itself, ${label}: round ${round + 1} of ${rounds}`);
            await talking.ask({ order: "forget" });
            const before = await talking.ask<{ cpuMs: number }>({ order: "cpu" });
            const order: JobOrder = { job: "saturate", options: { origin, label, connections, objects } };
            const { ms, count } = await worker.ask<Took>(order);
            const after = await talking.ask<{ cpuMs: number }>({ order: "cpu" });
            const checked = await talking.ask<Checked>({ order: "check", label, objects });
            wrong += checked.wrong + (objects - Math.min(count, checked.right));
            if (round < 0) continue;
            rates.push((1000 * count) / ms);
            used.push((after.cpuMs - before.cpuMs) / ms);
          }
          ceilings.push(ceilingOf({ label, connections, rates, storeLoad: spread(used).median, wrong }, cells));
        }
      } finally {
        await worker.end();
        await talking.ask({ order: "forget" });
      }
      return { ceilings };
    },
    text: storeText,
    isRight: ({ ceilings }) => ceilings.every(({ wrong }) => wrong === 0),
  };
}

export function ceilingOf(
  measured: Pick<Ceiling, "label" | "connections" | "storeLoad" | "wrong"> & { readonly rates: readonly number[] },
  cells: readonly Cell[],
): Ceiling {
  const { rates, ...rest } = measured;
  const rate = spread(rates);
  const runners = cells
    .filter(({ label }) => label === rest.label)
    .flatMap(({ concurrency, results }) => results.map((result) => ({ concurrency, ...result })))
    .filter(({ failure, wrong, rates }) => failure === undefined && wrong === 0 && rates.length > 0)
    .sort((a, b) => b.rate.median - a.rate.median);
  const [first] = runners;
  // Threads of the store's process may use another core as well.
  const ceiling = rate.median / Math.min(1, rest.storeLoad);
  const isRight = rest.wrong === 0 && first !== undefined;
  return {
    ...rest,
    rate,
    ceiling,
    megabytesPerSecond: (ceiling * sizes[rest.label]) / 1e6,
    ...(isRight
      ? { fastest: { name: first.name, concurrency: first.concurrency, share: first.rate.median / ceiling } }
      : {}),
  };
}

export function storeText({ ceilings }: StoreResult): string {
  const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  return [
    "\nThe store itself: GET and PUT pairs asked for by raw sockets, median (least–most)",
    ...ceilings.map(({ label, connections, rate, ceiling, megabytesPerSecond, storeLoad, wrong, fastest }) => {
      const reached = `${number(rate.median)} (${number(rate.least)}–${number(rate.most)}) pairs/s with ${percent(storeLoad)} of its core`;
      const could = `it could do ${number(ceiling)} pairs/s, ${number(megabytesPerSecond)} MB/s`;
      const share =
        fastest === undefined
          ? ""
          : `; of that the fastest of the race, ${fastest.name} × ${fastest.concurrency}, used ${percent(fastest.share)}`;
      const bad = wrong > 0 ? `   ${wrong} OBJECTS WRONG` : "";
      return `  ${`${label} × ${connections}`.padEnd(14)}${reached}: ${could}${share}${bad}`;
    }),
  ].join("\n");
}
