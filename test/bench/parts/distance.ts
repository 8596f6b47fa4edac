/**
 * Stores near and far: objects a second of the whole shard path where each reply comes some milliseconds later, at fixed numbers at once and at
 * the one that `--concurrency auto` finds by itself, from its beginning and once it has found it.
 */
import { join } from "node:path";
import type { Facts } from "../bodies.ts";
import type { Bench, Part } from "../part.ts";
import { start } from "../processes.ts";
import type { Lap } from "../racer.ts";
import type { Checked } from "../store.ts";

export interface DistanceResult {
  readonly distances: readonly Distance[];
}

export interface Distance {
  readonly delayMs: number;
  readonly fixed: readonly { readonly number: number; readonly rate: number }[];
  readonly auto: {
    /** Objects a second of the first lap, in which the number is sought, and of the next one. */
    readonly fromStart: number;
    readonly settled: number;
    /** At the end of the second. */
    readonly number: number;
  };
  /** Objects that were not put, or not put right. */
  readonly wrong: number;
}

const delays = [5, 50, 200];
const numbers = [8, 32, 128, 512];
const label = "16KiB";
/** A lap is to take so long, in seconds, at the rate that its number could reach. */
const lapSeconds = 8;
/** A process of ours does no more than about so many a second. */
const mostPerSecond = 4_000;
const warmUpObjects = 3_000;

export function createDistancePart({ flags, folder, store, note }: Bench): Part<DistanceResult> {
  return {
    name: "distance",
    async run() {
      const { talking, origin } = await store();
      const facts = await talking.ask<readonly Facts[]>({ order: "facts", label });
      const racer = await start(join(folder, "racer.js"), 0, { flags: flags.nodeFlags });
      const delay = (ms: number) => talking.ask({ order: "delay", ms });
      let wrong = 0;
      const open = (number: number | "auto") => {
        const options = { origin, label, facts, concurrency: number === "auto" ? 1 : number, auto: number === "auto" };
        return racer.ask({ order: "open", name: "content-md5", options });
      };
      const lap = async (objects: number): Promise<Lap & { readonly rate: number }> => {
        await talking.ask({ order: "forget" });
        await racer.ask({ order: "prepare", objects });
        const copied = await racer.ask<Lap>({ order: "copy", objects });
        const checked = await talking.ask<Checked>({ order: "check", label, objects });
        wrong += checked.wrong + (objects - checked.right);
        return { ...copied, rate: (1_000 * objects) / copied.ms };
      };
      const distances: Distance[] = [];
      try {
        // Compiled before anything is measured, by a copier of its own.
        await open(32);
        await lap(flags.objects ?? warmUpObjects);
        for (const delayMs of delays) {
          wrong = 0;
          const objectsAt = (number: number) => {
            const perSecond = Math.min(mostPerSecond, number / ((2 * delayMs) / 1_000));
            return flags.objects ?? Math.ceil(perSecond * lapSeconds);
          };
          await delay(delayMs);
          const fixed: { number: number; rate: number }[] = [];
          for (const number of numbers) {
            note(`replies after ${delayMs} ms: ${number} at once`);
            await open(number);
            fixed.push({ number, rate: (await lap(objectsAt(number))).rate });
          }
          note(`replies after ${delayMs} ms: auto`);
          await open("auto");
          const most = objectsAt(Math.max(...numbers));
          const first = await lap(most);
          const second = await lap(most);
          const auto = { fromStart: first.rate, settled: second.rate, number: second.atOnce ?? Number.NaN };
          distances.push({ delayMs, fixed, auto, wrong });
        }
      } finally {
        await racer.end();
        await delay(0);
        await talking.ask({ order: "forget" });
      }
      return { distances };
    },
    text: distanceText,
    isRight: ({ distances }) => distances.every(({ wrong }) => wrong === 0),
  };
}

export function distanceText({ distances }: DistanceResult): string {
  const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const heads = [...numbers.map(String), "auto, from its start", "auto, settled", "at once", "of the best"];
  const widths = heads.map((head) => Math.max(head.length, "10,000".length) + 3);
  const rows = distances.map(({ delayMs, fixed, auto, wrong }) => {
    const best = Math.max(...fixed.map(({ rate }) => rate));
    const cells = [
      ...fixed.map(({ rate }) => number(rate)),
      number(auto.fromStart),
      number(auto.settled),
      number(auto.number),
      (auto.settled / best).toFixed(2),
    ];
    const line = cells.map((cell, n) => cell.padStart(widths[n]!)).join("");
    return `  ${`replies after ${delayMs} ms`.padEnd(24)}${line}${wrong > 0 ? `   ${wrong} OBJECTS WRONG` : ""}`;
  });
  return [
    "\nDistance: 16KiB, content-md5, shards of 1,000; objects/s by how many are copied at once",
    `  ${"".padEnd(24)}${heads.map((head, n) => head.padStart(widths[n]!)).join("")}`,
    ...rows,
  ].join("\n");
}
