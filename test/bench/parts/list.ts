/**
 * Listings: entries a second of LISTs side by side, and of one LIST after the other beside it. Once from a store that answers at
 * once, where what is measured is reading the answers; once from one that holds each answer back as a service's way there does,
 * where it is how many are awaited at once.
 */
import { join } from "node:path";
import type { JobOrder, Took } from "../job.ts";
import { ratio, type Spread, spread } from "../numbers.ts";
import type { Bench, Part } from "../part.ts";
import { start } from "../processes.ts";

export interface ListResult {
  readonly entries: number;
  readonly listings: readonly Listing[];
  /** What did not bring as many entries as there are. */
  readonly wrong: readonly string[];
}

export interface Listing {
  /** How long the store holds back each answer. */
  readonly delayMs: number;
  /** Entries a second. */
  readonly sideBySide: Spread;
  readonly oneByOne: Spread;
  readonly gain: Spread;
}

const mostRounds = 5;
const delays = [0, 20];

export function createListPart({ flags, folder, note }: Bench): Part<ListResult> {
  const rounds = Math.min(flags.rounds, mostRounds);
  return {
    name: "list",
    async run() {
      const store = await start(join(folder, "listing-store.js"), 1);
      const worker = await start(join(folder, "job.js"), 0, { flags: ["--expose-gc", ...flags.nodeFlags] });
      const { origin, entries } = store.greeting as { origin: string; entries: number };
      const wrong: string[] = [];
      const rate = async (sideBySide: boolean, what: string) => {
        const order: JobOrder = { job: "list", options: { origin, prefix: "2026/", sideBySide } };
        const { ms, count } = await worker.ask<Took>(order);
        if (count !== entries) wrong.push(`${what}: ${count} entries`);
        return (1000 * count) / ms;
      };
      try {
        const listings: Listing[] = [];
        for (const delayMs of delays) {
          await store.ask({ delayMs });
          const [beside, after]: [number[], number[]] = [[], []];
          // The first is for warming up; with answers held back nothing is left to warm.
          for (let round = delayMs === 0 ? -1 : 0; round < rounds; round++) {
            note(`listing, answers after ${delayMs} ms: round ${round + 1} of ${rounds}`);
            const pair = [await rate(true, "side by side"), await rate(false, "one by one")] as const;
            if (round < 0) continue;
            beside.push(pair[0]);
            after.push(pair[1]);
          }
          listings.push({ delayMs, sideBySide: spread(beside), oneByOne: spread(after), gain: ratio(beside, after) });
        }
        return { entries, listings, wrong };
      } finally {
        await Promise.all([worker.end(), store.end()]);
      }
    },
    text: listText,
    isRight: ({ wrong }) => wrong.length === 0,
  };
}

export function listText({ entries, listings, wrong }: ListResult): string {
  const count = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const rate = ({ median, least, most }: Spread) => `${count(median)} (${count(least)}–${count(most)})`.padStart(32);
  return [
    `\nListing ${count(entries)} keys, entries/s, median (least–most)`,
    `  ${"".padEnd(24)}${"side by side".padStart(32)}${"one LIST after the other".padStart(32)}${"ratio".padStart(10)}`,
    ...listings.map(({ delayMs, sideBySide, oneByOne, gain }) => {
      const name = delayMs === 0 ? "answers at once" : `answers after ${delayMs} ms`;
      return `  ${name.padEnd(24)}${rate(sideBySide)}${rate(oneByOne)}${gain.median.toFixed(2).padStart(10)}`;
    }),
    ...wrong.map((what) => `  WRONG: ${what}`),
  ].join("\n");
}
