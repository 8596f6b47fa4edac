/** One cell of the table: one size at one concurrency, every contestant in turn, round after round. */
import { join } from "node:path";
import type { Facts, SizeLabel } from "./bodies.ts";
import { sizes } from "./bodies.ts";
import type { Contestant } from "./contestants.ts";
import type { Stored } from "./copier.ts";
import { type Spread, spread } from "./numbers.ts";
import { canPin, start, type Talking } from "./processes.ts";
import type { Lap } from "./racer.ts";
import type { Checked } from "./store.ts";

export interface Result {
  readonly name: string;
  readonly kind: Contestant["kind"];
  readonly objects: number;
  /** Objects a second, by round. */
  readonly rates: readonly number[];
  readonly rate: Spread;
  readonly megabytesPerSecond: number;
  readonly cpuMsPerObject: number;
  readonly peakRssMB: number;
  /** Requests of each kind an object, as the store counted them. */
  readonly requests: { readonly get: number; readonly head: number; readonly put: number; readonly ledger: number };
  /** What of its core the store used, 0 to 1. */
  readonly storeLoad: number;
  /** Objects that were not put, or not put right, in any round. */
  readonly wrong: number;
  /** Why it could not be measured. */
  readonly failure?: string;
}

export interface Cell {
  readonly label: SizeLabel;
  readonly concurrency: number;
  readonly results: readonly Result[];
}

/** Objects a round: about a second of the limit's work, and enough for every loop to have some. */
const enough: Readonly<Record<SizeLabel, number>> = { "16KiB": 15_000, "256KiB": 3_000, "4MiB": 96, "100MiB": 6 };
/** Whose rate shows in fewer, as they take many times as long. */
const slow: ReadonlySet<Contestant["kind"]> = new Set(["sdk", "folder"]);
const slowShare = 8;
const WARM_UPS = 2;

export function objectsFor(
  label: SizeLabel,
  concurrency: number,
  kind: Contestant["kind"],
  asked: number = enough[label],
): number {
  const whole = Math.max(asked, concurrency);
  return slow.has(kind) ? Math.max(Math.ceil(whole / slowShare), Math.min(whole, concurrency)) : whole;
}

export async function race(options: {
  readonly folder: string;
  readonly store: Talking;
  readonly origin: string;
  readonly label: SizeLabel;
  readonly concurrency: number;
  readonly contestants: readonly Contestant[];
  readonly rounds: number;
  /** A round; what is enough for the size where undefined. */
  readonly objects: number | undefined;
  readonly nodeFlags: readonly string[];
  readonly note: (text: string) => void;
}): Promise<Cell> {
  const { folder, store, origin, label, concurrency, rounds, note } = options;
  const facts = await store.ask<readonly Facts[]>({ order: "facts", label });
  const racers: Racer[] = [];
  try {
    for (const contestant of options.contestants) {
      const talking = await start(join(folder, "racer.js"), 0, { flags: options.nodeFlags });
      await talking.ask({ order: "open", name: contestant.name, options: { origin, label, concurrency, facts } });
      const objects = objectsFor(label, concurrency, contestant.kind, options.objects);
      racers.push({ contestant, talking, objects, laps: [], checks: [], loads: [] });
    }
    // The first laps of each warm it up and are not counted; they are checked all the same, and show what the store has to do.
    // In those that count it is kept awake: to wake a sleeping core costs the sender more than anything else here, and the
    // slower the sender, the more often it pays.
    for (let round = -WARM_UPS; round < rounds; round++) {
      await store.ask({ order: "awake", awake: canPin && round >= 0 });
      // Each round begins with another, so that nobody is always measured after the same neighbour.
      const from = (round + WARM_UPS) % racers.length;
      for (const racer of [...racers.slice(from), ...racers.slice(0, from)]) await lap(racer, round >= 0);
      note(`${label} × ${concurrency}: round ${round + 1} of ${rounds}`);
    }
  } finally {
    await Promise.all(racers.map(({ talking }) => talking.end()));
    await store.ask({ order: "awake", awake: false });
  }
  return { label, concurrency, results: racers.map((racer) => resultOf(racer, label)) };

  async function lap(racer: Racer, counted: boolean): Promise<void> {
    if (racer.failure !== undefined) return;
    const { contestant, talking, objects } = racer;
    try {
      await store.ask({ order: "forget" });
      await talking.ask({ order: "prepare", objects });
      const before = await store.ask<{ cpuMs: number }>({ order: "cpu" });
      const planned = await store.ask<Checked>({ order: "check", label, objects });
      const took = await talking.ask<Lap>({ order: "copy", objects });
      const after = await store.ask<{ cpuMs: number }>({ order: "cpu" });
      const checked = await store.ask<Checked>({ order: "check", label, objects });
      // What lies in a folder its own process looks at.
      const stored = contestant.kind === "folder" ? await talking.ask<Stored>({ order: "check", objects }) : checked;
      racer.checks.push({ ...checked, ...stored, ledger: checked.ledger - planned.ledger });
      if (counted) racer.laps.push(took);
      else racer.loads.push((after.cpuMs - before.cpuMs) / took.ms);
    } catch (error) {
      racer.failure = error instanceof Error ? error.message : String(error);
    }
  }
}

interface Racer {
  readonly contestant: Contestant;
  readonly talking: Talking;
  readonly objects: number;
  readonly laps: Lap[];
  readonly checks: Checked[];
  readonly loads: number[];
  failure?: string;
}

function resultOf({ contestant, objects, laps, checks, loads, failure }: Racer, label: SizeLabel): Result {
  const rates = laps.map(({ ms }) => (1000 * objects) / ms);
  const per = (count: (checked: Checked) => number) =>
    checks.reduce((sum, checked) => sum + count(checked), 0) / (objects * Math.max(1, checks.length));
  const rate = spread(rates);
  return {
    name: contestant.name,
    kind: contestant.kind,
    objects,
    rates,
    rate,
    megabytesPerSecond: (rate.median * sizes[label]) / 1e6,
    cpuMsPerObject: spread(laps.map(({ cpuMs }) => cpuMs / objects)).median,
    peakRssMB: Math.max(0, ...laps.map(({ peakRssMB }) => peakRssMB)),
    requests: {
      get: per(({ gets }) => gets),
      head: per(({ heads }) => heads),
      put: per(({ puts }) => puts),
      ledger: per(({ ledger }) => ledger),
    },
    storeLoad: spread(loads).median,
    wrong: checks.reduce((sum, { right, wrong }) => sum + wrong + (objects - right), 0),
    ...(failure === undefined ? {} : { failure }),
  };
}
