import { expect, it } from "vitest";
import { brokenInvariants } from "./invariants.ts";
import { type About, simulate } from "./simulation.ts";
import "../setup/long.ts";

/** Stories that once broke an invariant. They always run, whatever else does. */
const regressions = [
  4, 27, 46, 58, 105, 116, 117, 159, 185, 239, 279, 334, 384, 578, 586, 705, 770, 792, 874, 1001, 1263, 1326, 208790086,
  208861378,
];

/**
 * `SIMULATION_SEEDS=10000` for more, `SIMULATION_FIRST=…` for others; CI runs this many from a new place each day.
 */
const count = Number(process.env.SIMULATION_SEEDS ?? 300);
const today = Math.floor(Date.now() / 86_400_000);
const first = Number(process.env.SIMULATION_FIRST ?? 1_000_000 + today * 10_000);

async function brokenIn(seeds: Iterable<number>, about: About = "keys"): Promise<string[]> {
  const broken: string[] = [];
  for (const seed of seeds) {
    for (const sentence of brokenInvariants(await simulate(seed, about))) broken.push(`seed ${seed}: ${sentence}`);
    // Replay one with SIMULATION_FIRST=<seed> SIMULATION_SEEDS=1.
    if (broken.length > 20) break;
  }
  return broken;
}

function* range(from: number, length: number): Generator<number> {
  for (let n = 0; n < length; n++) yield from + n;
}

it("holds every invariant in each story that once broke one", async () => {
  expect(await brokenIn(regressions)).toEqual([]);
});

/** The same, of nightly listings: the first lists nothing. */
const listingRegressions = [208870060];

it("holds every invariant in each nightly listing that once broke one", async () => {
  expect(await brokenIn(listingRegressions, "listing")).toEqual([]);
});

it(`holds every invariant in ${count} stories from seed ${first} on`, async () => {
  expect(await brokenIn(range(first, count))).toEqual([]);
  console.log(`simulation: ${count} stories from seed ${first} on, every invariant held`);
});

const listings = Math.ceil(count / 4);
it(`holds every invariant in ${listings} nightly listings from seed ${first} on`, async () => {
  expect(await brokenIn(range(first, listings), "listing")).toEqual([]);
  console.log(`simulation: ${listings} nightly listings from seed ${first} on, every invariant held`);
});

const refusals = Math.ceil(count / 3);
it(`holds every invariant in ${refusals} stories of refusals from seed ${first} on`, async () => {
  expect(await brokenIn(range(first, refusals), "refusals")).toEqual([]);
  console.log(`simulation: ${refusals} stories of refusals from seed ${first} on, every invariant held`);
});

const restores = Math.ceil(count / 100);
it(`holds every invariant in ${restores} stories of restores from seed ${first} on`, async () => {
  expect(await brokenIn(range(first, restores), "restores")).toEqual([]);
  console.log(`simulation: ${restores} stories of restores from seed ${first} on, every invariant held`);
});

const histories = Math.ceil(count / 5);
it(`holds every invariant in ${histories} stories of histories from seed ${first} on`, async () => {
  expect(await brokenIn(range(first, histories), "history")).toEqual([]);
  console.log(`simulation: ${histories} stories of histories from seed ${first} on, every invariant held`);
});

/** Of caps: an allowance given anew for ever, room given out twice, a trial that holds all the money, rows that nobody was told of. */
const capRegressions = [5_000_001, 5_000_004, 5_000_110, 5_000_125, 5_000_180];

it("holds every invariant in each story of caps and events that once broke one", async () => {
  expect(await brokenIn(capRegressions, "caps")).toEqual([]);
});

const caps = Math.ceil(count / 10);
it(`holds every invariant in ${caps} stories of caps and events from seed ${first} on`, async () => {
  expect(await brokenIn(range(first, caps), "caps")).toEqual([]);
  console.log(`simulation: ${caps} stories of caps and events from seed ${first} on, every invariant held`);
});

it("tells the same story from the same seed", async () => {
  const [one, other] = [await simulate(7), await simulate(7)];
  expect([one.fetches, one.crashes, one.ledger.keys()]).toEqual([other.fetches, other.crashes, other.ledger.keys()]);
});
