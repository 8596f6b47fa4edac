/**
 * `--concurrency auto` against the best fixed number of a grid, in virtual time: near and far stores, caps, stores that slow down, sizes and mixes,
 * and four workers of one run. `npx vitest run test/policy/concurrency/auto` prints the table.
 */
import { afterAll, describe, expect, test } from "vitest";
import { thorough } from "../../../setup/thorough.ts";
import { type Scenario, scenarios } from "./scenarios.ts";
import { perSecond, type Simulated, simulate, sliceMs } from "./simulate.ts";

const grid = [4, 8, 16, 32, 64, 128, 256, 512, 1_000];
/** Of what is refused each number takes as long as auto does. */
const gridOfCaps = [16, 32, 128, 512, 1_000];
const SEEDS = [1];
const WORTH = 0.9;
/** How long it is watched once it is to have settled. */
const WATCHED = 20;
/** Over several refusals: each takes some seconds until all is as it was. */
const WATCHED_REFUSED = 60;
/** Each worker's share is what it brings over some heartbeats. */
const WATCHED_TOGETHER = 90;

const rows: string[][] = [
  ["scenario", "best number", "its objects/s", "auto's number", "of the best", "throttled", "settled after"],
];

const sum = (all: readonly number[], from: number, to = all.length) => all.slice(from, to).reduce((a, b) => a + b, 0);

/** Tries them all. */
async function findBest({ model, after, processes, rate, most = 1_000 }: Scenario, from: number, to: number) {
  let best = { number: 0, throughput: 0 };
  // What is refused is settled in the same time as with auto; without a cap it is soon as it will be, the sooner where all are of one size.
  const [settled, watched] = model.cap !== undefined ? [from, 30] : model.size === undefined ? [4, 5] : [5, 10];
  const begin = Math.min(from, settled);
  const end = Math.min(to, begin + watched);
  for (const number of (model.cap === undefined ? grid : gridOfCaps).filter((number) => number < most).concat(most)) {
    const fixed = await simulate(after ?? model, { seconds: end, concurrency: number, processes, rate });
    const throughput = perSecond(fixed, begin, end);
    if (throughput > best.throughput * 1.02) best = { number, throughput };
    if (throughput < best.throughput * 0.8) break;
  }
  return best;
}

/** The first moment from which on it brings what it is to bring, in seconds: both soon after it and to the end. */
function settledAfter(simulated: Simulated, wanted: number, from: number, to: number): number {
  for (let at = from; at + 3 < to; at += sliceMs / 1_000) {
    if (perSecond(simulated, at, at + 3) >= wanted && perSecond(simulated, at, to) >= wanted) return at - from;
  }
  return Number.POSITIVE_INFINITY;
}

describe("--concurrency auto", () => {
  for (const scenario of scenarios) {
    test.each(SEEDS)(`${scenario.name}, seed %i`, { timeout: 300_000 }, async (seed) => {
      const { model, processes = 1, rate, most, taskSeconds, changesAt = 0, atMost, worth = WORTH } = scenario;
      const replySeconds = (typeof model.replyMs === "number" ? model.replyMs : 150) / 1_000;
      const settling = Math.max(10, 20 * replySeconds, 20 * taskSeconds);
      const from = changesAt + settling;
      const watched = processes > 1 ? WATCHED_TOGETHER : model.cap === undefined ? WATCHED : WATCHED_REFUSED;
      const to = from + watched;
      const best = { number: scenario.best[0], throughput: scenario.best[1] };
      if (thorough) {
        const found = await findBest(scenario, settling, settling + watched);
        expect(found.number).toBe(best.number);
        expect(Math.abs(found.throughput / best.throughput - 1)).toBeLessThan(0.01);
      }
      const auto = await simulate(model, { seconds: to, concurrency: "auto", processes, rate, most, seed });

      const share = perSecond(auto, from, to) / best.throughput;
      const slice = (from * 1_000) / sliceMs;
      const turnedAway = sum(auto.refused, slice);
      const throttled = turnedAway / (turnedAway + sum(auto.passed, slice));
      const settled = settledAfter(auto, worth * best.throughput, changesAt, to);
      const numbers = auto.atOnce.map((kept) => median(kept.slice(slice)));
      rows.push([
        scenario.name,
        String(best.number),
        numberText(best.throughput, scenario),
        numbers.join(" "),
        share.toFixed(2),
        `${(100 * throttled).toFixed(2)} %`,
        `${settled.toFixed(1)} s`,
      ]);
      expect(share).toBeGreaterThanOrEqual(worth);
      expect(throttled).toBeLessThan(0.02);
      expect(settled).toBeLessThanOrEqual(scenario.settlesIn ?? settling);
      if (atMost !== undefined) expect(Math.max(...numbers)).toBeLessThanOrEqual(atMost);
      const brought = auto.work.map((work) => sum(work, slice));
      const fair = sum(brought, 0) / processes;
      for (const each of brought) expect(Math.abs(each / fair - 1)).toBeLessThan(0.25);
    });
  }

  afterAll(() => {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    const text = rows.map((row) =>
      row.map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0))).join("  "),
    );
    process.stdout.write(`\n${text.join("\n")}\n`);
  });
});

const median = (all: readonly number[]) => [...all].sort((a, b) => a - b)[all.length >> 1] ?? 0;

const numberText = (throughput: number, { model }: Scenario) =>
  model.bandwidth === undefined ? String(Math.round(throughput)) : `${Math.round(throughput / 1024 ** 2)} MiB/s`;
