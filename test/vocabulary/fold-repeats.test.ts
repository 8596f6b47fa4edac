import { describe, expect, test } from "vitest";
import { foldRepeats } from "../../src/vocabulary/fold-repeats.ts";
import { shortWaitMs, tellWait } from "../../src/vocabulary/waits.ts";
import { notingLog } from "../runtime/function/fixtures.ts";

function lab() {
  const told = notingLog();
  const alarms: { readonly at: number; readonly act: () => void }[] = [];
  let now = 0;
  const log = foldRepeats(told, (ms, act) => void alarms.push({ at: now + ms, act }));
  return {
    log,
    told: (): readonly Readonly<Record<string, unknown>>[] =>
      told.entries.map(({ level, message, fields }) => ({
        level,
        message,
        ...(fields as Readonly<Record<string, unknown>> | undefined),
      })),
    pass(seconds: number) {
      const end = now + seconds * 1_000;
      for (;;) {
        const [next] = alarms.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        alarms.splice(alarms.indexOf(next), 1);
        now = next.at;
        next.act();
      }
      now = end;
    },
    alarms: () => alarms.length,
  };
}

describe("a warning that repeats", () => {
  test("is told at once, and each minute how often", () => {
    const { log, told, pass, alarms } = lab();
    for (let second = 0; second < 150; second++) {
      for (let n = 0; n < 7; n++) log.warn("heartbeat failed", { run: "r", shard: n, error: `request ${second}` });
      pass(1);
    }
    expect(told().map(({ repeated }) => repeated)).toEqual([undefined, 419, 420]);
    expect(told()[1]).toMatchObject({ level: "warn", message: "heartbeat failed", run: "r", error: "request 59" });
    // It has ended: the rest, and no more of it.
    pass(600);
    expect(told().map(({ repeated }) => repeated)).toEqual([undefined, 419, 420, 210]);
    expect(alarms()).toBe(0);
    log.warn("heartbeat failed", { run: "r" });
    expect(told()).toHaveLength(5);
  });

  test("is another one of another run, bucket, queue, message or invocation, and in other words", () => {
    const { log, told } = lab();
    log.warn("a", { run: "r" });
    log.warn("a", { run: "s" });
    log.warn("a", { bucket: "b" });
    log.warn("a", { queueUrl: "q" });
    log.warn("a", { messageId: "m" });
    // Of two calls that a process has at once each says it in its own name.
    log.warn("a", { run: "r", requestId: "c" });
    log.warn("b", { run: "r" });
    expect(told()).toHaveLength(7);
  });

  test("is not held back where it is an error, or no warning", () => {
    const { log, told } = lab();
    for (let n = 0; n < 3; n++) log.error("a message can't be worked");
    for (let n = 0; n < 3; n++) log.info("run complete");
    expect(told()).toHaveLength(6);
  });

  test("that was held back is told when nothing more comes", () => {
    const { log, told } = lab();
    for (let n = 0; n < 3; n++) log.warn("slow");
    log.flush();
    expect(told()).toEqual([
      { level: "warn", message: "slow" },
      { level: "warn", message: "slow", repeated: 2 },
    ]);
  });
});

describe("a wait", () => {
  test("of more than a few seconds is told, with its reason and how long it takes", () => {
    const { log, told } = lab();
    tellWait(log, "Nothing is sent for a while.", shortWaitMs - 1);
    expect(told()).toEqual([]);
    tellWait(log, "Nothing is sent for a while.", 30_400, { reason: "503" });
    expect(told()).toEqual([{ level: "warn", message: "Nothing is sent for a while.", reason: "503", seconds: 31 }]);
  });
});
