import { describe, expect, test } from "vitest";
import { controlReason, readControl, saysStop, writeControl } from "../../src/ledger/control.ts";
import { type ControlKind, paths } from "../../src/ledger/layout.ts";
import { createLedgerStore } from "../../src/ledger/store.ts";
import { fakeClock } from "../stores/fake-clock.ts";
import { createMemoryBucket } from "../stores/memory-bucket.ts";

function lab() {
  const clock = fakeClock();
  const bucket = createMemoryBucket({ clock });
  const store = createLedgerStore({ bucket, prefix: "runs/r/", clock, random: () => 0.5 });
  const say = (kind: ControlKind, reason = "because") => writeControl(store, kind, reason, "2026-01-15T12:00:00.000Z");
  return { bucket, store, say };
}

describe("halt, cancel and resume", () => {
  test("rule by the highest epoch", async () => {
    const { store, say } = lab();
    expect(await readControl(store)).toBeUndefined();
    expect(saysStop(undefined)).toBe(false);
    for (const [kind, stops] of [
      ["cancel", true],
      ["resume", false],
      ["halt", true],
      ["resume", false],
    ] as const) {
      await say(kind);
      const control = await readControl(store);
      expect(control?.kind).toBe(kind);
      expect(saysStop(control)).toBe(stops);
    }
    expect((await readControl(store))?.epoch).toBe(4);
  });

  test("are not said twice, and resume not where nothing stands still", async () => {
    const { bucket, say } = lab();
    await say("halt", "first reason");
    await say("halt", "second reason");
    await say("resume");
    await say("resume");
    expect(bucket.keys()).toEqual(["runs/r/control/000000001-halt.json", "runs/r/control/000000002-resume.json"]);
  });

  test("keep the first reason, for people", async () => {
    const { store, say } = lab();
    await say("halt", "the account is overdue");
    await say("halt", "another worker saw it too");
    const control = await readControl(store);
    expect(control && (await controlReason(store, control))).toBe("the account is overdue");
  });

  test("a worker's halt does not take the place of somebody's cancel", async () => {
    const { store, say } = lab();
    await say("cancel", "wrong bucket");
    await say("halt", "403 everywhere");
    expect((await readControl(store))?.kind).toBe("cancel");
    await say("resume");
    expect(saysStop(await readControl(store))).toBe(false);
  });

  test("somebody's cancel takes the place of a halt", async () => {
    const { store, say } = lab();
    await say("halt");
    await say("cancel");
    expect((await readControl(store))?.kind).toBe("cancel");
  });

  test.each([
    ["halt", "resume"],
    ["cancel", "resume"],
  ] as const)("of a %s and a %s of one epoch the one that stops work rules", async (stop, go) => {
    const { bucket, store } = lab();
    for (const kind of [stop, go]) bucket.seed(`runs/r/${paths.controlAt(3, kind)}`, "{}");
    expect((await readControl(store))?.kind).toBe(stop);
  });

  test("are passed over where somebody else wrote them, and their reason where it can't be read", async () => {
    const { bucket, store } = lab();
    bucket.seed("runs/r/control/000000009-pause.json", "{}");
    bucket.seed("runs/r/control/000000001-halt.json", "not JSON");
    const control = await readControl(store);
    expect(control).toMatchObject({ epoch: 1, kind: "halt" });
    expect(control && (await controlReason(store, control))).toBeUndefined();
  });
});
