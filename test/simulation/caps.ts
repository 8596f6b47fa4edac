/**
 * Stories of runs with a cap by money, which tell others of what they archive: halted where it is reached, resumed with more, and between
 * workers that die. What was spent is reckoned where the originals leave, and from what the ledger has of it.
 */
import { createSink, type OpenSink } from "../../src/events/sink.ts";
import { parseAttemptObject } from "../../src/ledger/layout.ts";
import { decodeSegment } from "../../src/ledger/shard/segment.ts";
import { costOfFetch } from "../../src/policy/money/cap.ts";
import { usualPrices } from "../../src/policy/money/cost.ts";
import type { Random } from "../../src/vocabulary/clock.ts";
import { silentLog } from "../../src/vocabulary/log.ts";
import type { MemoryBucket } from "../stores/memory-bucket.ts";
import type { Scenario } from "./scenario.ts";
import type { Process } from "./world.ts";

export const hook = "https://hooks.example.com/archived";
/** So that small originals cost something. */
export const prices = { ...usualPrices, processing: 1_000 };
const BILLION = 1e9;

/** The same story with a cap that it reaches, as a rule, and somebody who gives it more so often and so much. */
export function cappedScenario(random: Random, usual: Scenario): Scenario {
  const costs = [...usual.objects.values()].map(({ length }) => costOfFetch(length, prices).nano / BILLION);
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  // A row may say that it is larger than it is: so much has to be there before it is looked at.
  const said = usual.rows.map(({ size = 0 }) => costOfFetch(size, prices).nano / BILLION);
  const most = Math.max(0.001, ...costs, ...said);
  return {
    ...usual,
    // What was replaced by something larger costs more than anybody knew before.
    replacements: [],
    options: { ...usual.options, maxCost: Math.max(0.0001, total * (0.1 + 0.8 * random())), events: hook },
    cap: {
      moreEachTime: Math.max(most, total * (0.1 + 0.5 * random())),
      looksEveryMs: Math.round(60_000 + 2_400_000 * random()),
      refusedEvents: random() < 0.6 ? random() * 0.9 : 0,
    },
  };
}

export interface CapWatch {
  /** A GET of an original left. */
  fetched(key: string): void;
  /** I14, as the run stands: what the ledger has of it is within the cap. @param cap that rules */
  look(cap: number, when: string): void;
  readonly broken: readonly string[];
  /** In billionths. */
  spent(): number;
  recorded(): number;
}

export function watchCap(source: MemoryBucket, ledger: MemoryBucket): CapWatch {
  const broken: string[] = [];
  let spent = 0;
  const recorded = () => {
    let sum = 0;
    for (const key of ledger.keys()) {
      if (parseAttemptObject(key)?.object.kind !== "segment") continue;
      sum += decodeSegment(ledger.object(key)?.bytes ?? Buffer.alloc(0), key).trailer?.spent?.nano ?? 0;
    }
    return sum;
  };
  return {
    fetched(key) {
      const size = source.object(key)?.bytes.length;
      if (size !== undefined) spent += costOfFetch(size, prices).nano;
    },
    look(cap, when) {
      const has = recorded();
      if (has > Math.floor(cap * BILLION)) {
        broken.push(`the ledger has ${has / BILLION} as spent ${when}, of ${cap} that may be`);
      }
    },
    broken,
    spent: () => spent,
    recorded,
  };
}

/** Who is told: each delivery is an effect of a process, which may die of it, and is refused now and then. */
export function createReceiver(random: Random) {
  /** How often, by key. */
  const told = new Map<string, number>();
  const openSinkOf =
    (process: Process, refusing: () => number): OpenSink =>
    (_, target) =>
      createSink(
        target,
        {
          batchSize: 3,
          atOnce: 2,
          send: (batch) =>
            process.effect(50, () => {
              if (random() < refusing())
                return { kind: "refused", whose: "sink", again: true, why: "it is away" } as const;
              for (const { subject = "" } of batch) told.set(subject, (told.get(subject) ?? 0) + 1);
              return { kind: "taken" } as const;
            }),
          close: async () => undefined,
        },
        { clock: process.clock, random, log: silentLog },
      );
  return { told, openSinkOf };
}
