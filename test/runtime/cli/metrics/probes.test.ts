/** Would catch: a worker that polls no more and passes for alive; a probe that hangs, or asks a queue at each look; one that never recovers. */
import { describe, expect, test } from "vitest";
import { type Check, createProbes } from "../../../../src/runtime/cli/metrics/probes.ts";
import { fakeClock, runUntilDone } from "../../../stores/fake-clock.ts";

function lab(look: Check["look"] = async () => undefined) {
  const clock = fakeClock(0);
  let underWay = 0;
  const probes = createProbes({ checks: [{ name: "queue", look }], clock, version: "1.0.0", underWay: () => underWay });
  return {
    clock,
    probes,
    ready: () => runUntilDone(clock, probes.ready()),
    busy(rows: number) {
      underWay = rows;
    },
  };
}

describe("alive", () => {
  test("is who asked its queue within five minutes, or has rows under way", async () => {
    const { clock, probes, busy } = lab();
    await clock.advance(299_000);
    expect(probes.alive()).toMatchObject({ ok: true, document: { lastReceiveSecondsAgo: null } });
    await clock.advance(1_000);
    expect(probes.alive()).toMatchObject({
      ok: false,
      document: { status: "stuck", reason: "The queue was not asked for 300 s, and nothing is under way." },
    });
    probes.received();
    expect(probes.alive()).toMatchObject({ ok: true, document: { lastReceiveSecondsAgo: 0, version: "1.0.0" } });
    await clock.advance(3_600_000);
    expect(probes.alive().ok).toBe(false);
    busy(1);
    expect(probes.alive()).toMatchObject({ ok: true, document: { status: "alive", underWay: 1, upSeconds: 3_900 } });
  });
});

describe("ready", () => {
  test("is looked at once in five seconds, and again after them", async () => {
    let looks = 0;
    let isAway = true;
    const { clock, probes, ready } = lab(async () => {
      looks++;
      if (isAway) throw new Error("connect ECONNREFUSED 127.0.0.1:9324");
    });
    const away = {
      ok: false,
      failing: [{ check: "queue", reason: "The queue can't be asked: connect ECONNREFUSED 127.0.0.1:9324." }],
    };
    expect(await Promise.all([ready(), ready()])).toEqual([away, away]);
    isAway = false;
    expect(await ready()).toEqual(away);
    expect(looks).toBe(1);
    await clock.advance(5_000);
    expect([...probes.looked()]).toEqual([["queue", false]]);
    expect(await ready()).toEqual({ ok: true, failing: [] });
    expect(looks).toBe(2);
    expect([...probes.looked()]).toEqual([["queue", true]]);
  });

  test("waits for nobody for longer than five seconds, and gives up its request", async () => {
    let isGivenUp = false;
    const { ready } = lab(
      (signal) =>
        new Promise(() => {
          signal.addEventListener("abort", () => {
            isGivenUp = true;
          });
        }),
    );
    expect(await ready()).toMatchObject({ failing: [{ reason: "The queue can't be asked: no answer within 5 s." }] });
    expect(isGivenUp).toBe(true);
  });

  test("is nobody who is to stop", async () => {
    const { probes, ready } = lab();
    expect((await ready()).ok).toBe(true);
    probes.stopping();
    expect(await ready()).toEqual({
      ok: false,
      failing: [{ check: "process", reason: "The process was asked to stop." }],
    });
  });
});
