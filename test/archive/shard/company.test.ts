/** Workers of one run know of each other by their signs of life. */
import { describe, expect, test } from "vitest";
import { createRunWatch } from "../../../src/archive/shard/run-watch.ts";
import { pulsePath, slotAt, slotMs } from "../../../src/ledger/pulse.ts";
import type { Company } from "../../../src/policy/fair-share.ts";
import { allAt, attemptId, shardLab } from "./lab.ts";

/** One delivery of so long, beside others that tell of themselves each slot. */
async function told(
  seconds: number,
  others: readonly { readonly name: number; readonly perSlot: number; readonly fetches: boolean }[],
) {
  const here = shardLab(seconds, {}, { concurrency: 1 });
  const began = slotAt(here.clock.now());
  const companies: Company[] = [];
  here.source.onRequest(({ type }) => {
    if (type !== "original") return undefined;
    const slot = slotAt(here.clock.now());
    for (const { name, perSlot, fetches } of others) {
      const at = fetches ? slot : 0;
      const succeeded = { ...allAt(0), "source.get": at, "archive.put": at };
      here.trace(
        pulsePath({ slot, worker: attemptId(name), archived: perSlot * (slot - began), failed: 0, succeeded }),
      );
    }
    return { kind: "delay", ms: 1_000 };
  });
  const watch = createRunWatch({
    clock: here.clock,
    random: () => 0.5,
    limit: 200,
    onCompany: (company) => companies.push(company),
  });
  await here.work({ watch });
  return companies;
}

describe("a worker learns from the signs of life of a run", () => {
  test("that it is alone", async () => {
    const companies = await told(45, []);
    expect(companies.length).toBeGreaterThanOrEqual(3);
    for (const { workers, share } of companies) expect([workers, share]).toEqual([1, 1]);
  });

  test("how many fetch beside it, once a heartbeat, and what its own share is", async () => {
    const fair = slotMs / 1_000;
    const companies = await told(60, [
      { name: 7, perSlot: fair, fetches: true },
      { name: 8, perSlot: fair * 1.5, fetches: true },
      { name: 9, perSlot: 0, fetches: false },
    ]);
    expect(companies.at(-1)?.workers).toBe(3);
    expect(companies.at(-1)?.share).toBeCloseTo(1 / ((1 + 1 + 1.5) / 3), 1);
  });
});
