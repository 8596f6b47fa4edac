/**
 * A run of a hundred times as many rows takes at most a hundred times as long: objects a second of the whole shard path at growing
 * numbers of rows. Every number in each round, so that what slows down a round slows down all of it.
 */
import { join } from "node:path";
import type { Facts } from "../bodies.ts";
import { ratio, type Spread, spread } from "../numbers.ts";
import type { Bench, Part } from "../part.ts";
import { start } from "../processes.ts";
import type { Lap } from "../racer.ts";
import type { Checked } from "../store.ts";

export interface RowsResult {
  readonly shardSize: number;
  readonly counts: readonly RowCount[];
  /** Is no number slower than the least, but for noise? Undefined where an object was wrong: then there is nothing to say. */
  readonly proportional: boolean | undefined;
}

export interface RowCount {
  readonly rows: number;
  /** Objects a second. */
  readonly rate: Spread;
  /** To the rate of the least number of rows, round by round. */
  readonly toLeast: Spread;
  /** Objects that were not put, or not put right, in any round. */
  readonly wrong: number;
}

const mostRounds = 5;
const leastRows = 1000;
/** Smaller than the product's 1,000, so that the least number of rows has several too: a run of one shard is another thing. */
const shardSize = 250;
const label = "16KiB";
const concurrency = 16;
/** Below this a difference is more than noise. */
const noise = 0.95;

export function createRowsPart({ flags, folder, store, note }: Bench): Part<RowsResult> {
  const rounds = Math.min(flags.rounds, mostRounds);
  const least = flags.objects ?? leastRows;
  const numbers = [least, 10 * least, 100 * least];
  return {
    name: "rows",
    async run() {
      const { talking, origin } = await store();
      const facts = await talking.ask<readonly Facts[]>({ order: "facts", label });
      const racer = await start(join(folder, "racer.js"), 0, { flags: flags.nodeFlags });
      const rates = numbers.map((): number[] => []);
      const wrong = numbers.map(() => 0);
      const run = async (at: number, counted: boolean) => {
        const objects = numbers[at]!;
        await talking.ask({ order: "forget" });
        await racer.ask({ order: "prepare", objects });
        const { ms } = await racer.ask<Lap>({ order: "copy", objects });
        const checked = await talking.ask<Checked>({ order: "check", label, objects });
        wrong[at]! += checked.wrong + (objects - checked.right);
        if (counted) rates[at]!.push((1000 * objects) / ms);
      };
      try {
        const options = { origin, label, concurrency, facts, shardSize };
        await racer.ask({ order: "open", name: "content-md5", options });
        // Warm before the first that counts, or the least number would be the slowest for that alone.
        for (let lap = 0; lap < 3; lap++) await run(1, false);
        for (let round = 0; round < rounds; round++) {
          for (const [at, rows] of numbers.entries()) {
            note(`${rows} rows: round ${round + 1} of ${rounds}`);
            await run(at, true);
          }
        }
      } finally {
        await racer.end();
        await talking.ask({ order: "forget" });
      }
      return rowsResult(numbers, rates, wrong);
    },
    text: rowsText,
    isRight: ({ counts }) => counts.every(({ wrong }) => wrong === 0),
  };
}

/** Rates by number of rows and round. */
export function rowsResult(
  numbers: readonly number[],
  rates: readonly (readonly number[])[],
  wrong: readonly number[],
): RowsResult {
  const counts = numbers.map((rows, at) => ({
    rows,
    rate: spread(rates[at]!),
    toLeast: ratio(rates[at]!, rates[0]!),
    wrong: wrong[at]!,
  }));
  const isRight = wrong.every((objects) => objects === 0);
  return {
    shardSize,
    counts,
    proportional: isRight ? counts.every(({ toLeast }) => toLeast.median >= noise) : undefined,
  };
}

export function rowsText({ shardSize, counts, proportional }: RowsResult): string {
  const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const [least, ...others] = counts;
  const cells = counts.map(({ rows, rate, wrong }) => {
    const range = `${number(rate.median)} (${number(rate.least)}–${number(rate.most)})`;
    return `${number(rows)} rows: ${range}${wrong > 0 ? `, ${wrong} OBJECTS WRONG` : ""}`;
  });
  const ratios = others.map(({ rows, toLeast }) => {
    const range = `${toLeast.median.toFixed(2)} (${toLeast.least.toFixed(2)}–${toLeast.most.toFixed(2)})`;
    return `${number(rows)} rows go at ${range} of the rate of ${number(least?.rows ?? 0)}`;
  });
  const verdict =
    proportional === undefined
      ? "refused"
      : `${proportional ? "never slower than proportional" : "SLOWER THAN PROPORTIONAL"}: ${ratios.join(", ")}`;
  return [
    `\nRows of one run: 16KiB, concurrency 16, content-md5, shards of ${shardSize}; objects/s, median (least–most)`,
    `  ${cells.join("   ")}`,
    `  ${verdict}`,
  ].join("\n");
}
