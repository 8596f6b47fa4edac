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
 * New ones, from a new place each day: as many of a kind as its share of `SIMULATION_SECONDS` allows. `SIMULATION_FIRST=…` begins elsewhere.
 */
const seconds = Number(process.env.SIMULATION_SECONDS ?? 60);
const today = Math.floor(Date.now() / 86_400_000);
const first = Number(process.env.SIMULATION_FIRST ?? 1_000_000 + today * 10_000);

/** What this process has computed so far, in seconds: what others do on the machine takes no story away. */
const computed = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000_000;
};

async function brokenIn(seeds: Iterable<number>, about: About = "keys"): Promise<string[]> {
  const broken: string[] = [];
  for (const seed of seeds) {
    for (const sentence of brokenInvariants(await simulate(seed, about))) broken.push(`seed ${seed}: ${sentence}`);
    // Replay one with SIMULATION_FIRST=<seed> SIMULATION_SECONDS=0.
    if (broken.length > 20) break;
  }
  return broken;
}

/** From `first` on, at least one, until so many seconds are computed. */
function* within(budget: number): Generator<number> {
  const end = computed() + budget;
  let seed = first;
  do yield seed++;
  while (computed() < end);
}

it("holds every invariant in each story that once broke one", async () => {
  expect(await brokenIn(regressions)).toEqual([]);
});

/** The same, of nightly listings: the first lists nothing. */
const listingRegressions = [208870060];

it("holds every invariant in each nightly listing that once broke one", async () => {
  expect(await brokenIn(listingRegressions, "listing")).toEqual([]);
});

/** Each kind, with its share of the time. */
const kinds: readonly (readonly [what: string, about: About, share: number])[] = [
  ["stories", "keys", 0.25],
  ["nightly listings", "listing", 0.15],
  ["stories of refusals", "refusals", 0.25],
  ["stories of restores", "restores", 0.05],
  ["stories of histories", "history", 0.15],
  ["stories of caps and events", "caps", 0.15],
];

it.each(kinds)(`holds every invariant in %s from seed ${first} on`, async (what, about, share) => {
  let told = 0;
  const counted = function* () {
    for (const seed of within(share * seconds)) {
      told++;
      yield seed;
    }
  };
  expect(await brokenIn(counted(), about)).toEqual([]);
  console.log(`simulation: ${told} ${what} from seed ${first} on, every invariant held`);
});

/** Of caps: an allowance given anew for ever, room given out twice, a trial that holds all the money, rows that nobody was told of. */
const capRegressions = [5_000_001, 5_000_004, 5_000_110, 5_000_125, 5_000_180, 208880019];

it("holds every invariant in each story of caps and events that once broke one", async () => {
  expect(await brokenIn(capRegressions, "caps")).toEqual([]);
});

it("tells the same story from the same seed", async () => {
  const [one, other] = [await simulate(7), await simulate(7)];
  expect([one.fetches, one.crashes, one.ledger.keys()]).toEqual([other.fetches, other.crashes, other.ledger.keys()]);
});
