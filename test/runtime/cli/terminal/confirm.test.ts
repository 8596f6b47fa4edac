import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { confirm, isSeated } from "../../../../src/runtime/cli/terminal/confirm.ts";

const never = new AbortController().signal;

function seat(isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  return { input, output };
}

test.each([
  ["y\n", true],
  [" Yes \n", true],
  ["\n", false],
  ["no\n", false],
  ["yes please\n", false],
])("%j is %s", async (answer, expected) => {
  const here = seat();
  const asked = confirm("Go on?", here, never);
  here.input.write(answer);
  expect(await asked).toBe(expected);
  expect(String(here.output.read())).toContain("Go on? [y/N] ");
});

test("the end of the input is no, and so is an interrupt", async () => {
  const ended = seat();
  const asked = confirm("Go on?", ended, never);
  ended.input.end();
  expect(await asked).toBe(false);
  const interrupt = new AbortController();
  const interrupted = confirm("Go on?", seat(), interrupt.signal);
  interrupt.abort();
  expect(await interrupted).toBe(false);
});

// A line's reader takes the key, closes, and says nothing: what was asked was refused with 2, as by "no".
test("Ctrl+C at a question interrupts, as it does anywhere else", async () => {
  const here = seat();
  const interrupt = new AbortController();
  const asked = confirm("Go on?", { ...here, interrupt: () => interrupt.abort() }, interrupt.signal);
  here.input.write("\x03");
  expect(await asked).toBe(false);
  expect(interrupt.signal.aborted).toBe(true);
});

test("nobody is asked where either side is no terminal", () => {
  expect(isSeated(seat())).toBe(true);
  expect(isSeated({ ...seat(), input: seat(false).input })).toBe(false);
  expect(isSeated({ ...seat(), output: seat(false).output })).toBe(false);
});
