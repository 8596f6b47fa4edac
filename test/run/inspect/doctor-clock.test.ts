/** What doctor says of a clock, by a service that tells its time in whole seconds and takes its own time to do so. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BucketError } from "../../../src/objects/error.ts";
import { examine, type Patient } from "../../../src/run/inspect/doctor.ts";

/** @param aheadMs of the service's clock before this machine's */
async function saidOf(aheadMs: number, onTheWayMs: number, backMs: number, refused: boolean) {
  let now = 1_790_000_000_123;
  const clock = { now: () => now, elapsed: () => now, sleep: async () => undefined };
  const bucket = {
    name: "photos-1250000000",
    region: "ap-guangzhou",
    async list() {
      now += onTheWayMs;
      const serverTime = Math.floor((now + aheadMs) / 1000) * 1000;
      now += backMs;
      if (!refused) return { objects: [], prefixes: [], serverTime };
      const details = { code: "RequestTimeTooSkewed", status: 403, retryable: true, throttled: false };
      throw new BucketError("refused", { ...details, clockSkewMs: serverTime - now });
    },
  };
  const place = { bucket: bucket.name, region: bucket.region, prefix: "" };
  const places = {
    source: place,
    archive: { ...place, bucket: "archive-1250000000" },
    ledger: { ...place, bucket: "archive-1250000000" },
  };
  const patient = { ...places, clock, random: () => 0.5, open: () => bucket } as unknown as Patient;
  for await (const { check, says, verdict } of examine(patient)) {
    if (check === "clock") return { verdict, says };
  }
  throw new Error("it says nothing of the clock");
}

const pattern =
  /is (\d+) s (behind|ahead of) the service's(?: \(give or take (\d+) s, for the service took \d+ s to reply\))?; /;

describe("a clock that is wrong", () => {
  test("is told as well as can be known, however long the service takes to reply", async () => {
    const way = fc.oneof(fc.nat(500), fc.nat(20_000));
    const off = fc.oneof(fc.integer({ min: 60_000, max: 86_400_000 }), fc.integer({ min: -86_400_000, max: -60_000 }));
    await fc.assert(
      fc.asyncProperty(off, way, way, fc.boolean(), async (aheadMs, there, back, refused) => {
        const { says, verdict } = await saidOf(aheadMs, there, back, refused);
        expect(verdict).toBe("warning");
        const [, seconds, which, give] = pattern.exec(says) ?? [];
        const said = Number(seconds) * (which === "behind" ? 1 : -1);
        // Half a second is lost where seconds are whole.
        expect(Math.abs(said - aheadMs / 1000)).toBeLessThanOrEqual(Number(give ?? 1.5) + 0.5);
      }),
    );
  });

  test("is told without more where the reply came soon", async () => {
    expect((await saidOf(1_200_000, 30, 30, false)).says).toContain("is 1200 s behind the service's; ");
    expect((await saidOf(-86_400_000, 30, 30, true)).says).toContain("is 86400 s ahead of the service's; ");
  });

  test("by less than the reply took and half a minute is none", async () => {
    expect(await saidOf(0, 8_000, 8_000, false)).toMatchObject({ verdict: "good" });
  });
});
