/** Would catch: one key that npm hands on as well being taken for two; a second one that does not end the process; an end before what is to be said. */
import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { onInterrupt } from "../../../../src/runtime/cli/terminal/interrupt.ts";
import type { StatusLine } from "../../../../src/runtime/cli/terminal/status-line.ts";
import type { Text } from "../../../../src/runtime/cli/terminal/terminal.ts";

function setUp(words: Parameters<typeof onInterrupt>[1]) {
  let now = 0;
  let wake: () => void = () => undefined;
  const told: Text[] = [];
  const exits: number[] = [];
  const shown: StatusLine[] = ["50 %"];
  const host = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) });
  const clock = {
    now: () => now,
    elapsed: () => now,
    sleep: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      }),
  };
  const interrupt = onInterrupt({ note: (text) => told.push(text), status: (line) => shown.push(line) }, words, {
    host,
    clock,
  });
  const send = (name: "SIGINT" | "SIGTERM", at: number) => {
    now = at;
    host.emit(name, name);
  };
  return { interrupt, send, told, exits, shown, host, wake: () => wake() };
}

const words = { first: () => "first", second: () => "second" };

test("the first lets it end, the second says how to go on and has a moment to put things in order, the third has none", async () => {
  const { interrupt, send, told, exits, shown, wake } = setUp(words);
  send("SIGINT", 0);
  expect([interrupt.signal.aborted, interrupt.atOnce.aborted, told]).toEqual([true, false, ["first"]]);
  send("SIGTERM", 10);
  expect([interrupt.atOnce.aborted, told, exits]).toEqual([true, ["first", "second"], []]);
  expect(shown.at(-1)).toBe("50 %");
  wake();
  await Promise.resolve();
  expect([exits, shown.at(-1)]).toEqual([[130], ""]);
  send("SIGINT", 500);
  expect(exits).toEqual([130, 130]);
});

test("one key that comes twice, as npx hands it on, is one", () => {
  const { interrupt, send, told, exits } = setUp(words);
  send("SIGINT", 0);
  send("SIGINT", 3);
  expect([interrupt.atOnce.aborted, told, exits]).toEqual([false, ["first"], []]);
  send("SIGINT", 400);
  send("SIGINT", 404);
  expect([interrupt.atOnce.aborted, told, exits]).toEqual([true, ["first", "second"], []]);
});

test("where there is nothing to say, the second ends it on the spot; nothing is heard after it was disposed of", () => {
  const { interrupt, send, told, exits, host } = setUp("Stopping.");
  send("SIGINT", 0);
  send("SIGINT", 200);
  expect([told, exits]).toEqual([["Stopping."], [130]]);
  interrupt.dispose();
  expect(host.listenerCount("SIGINT") + host.listenerCount("SIGTERM")).toBe(0);
});
