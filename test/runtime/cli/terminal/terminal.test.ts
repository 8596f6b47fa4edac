/**
 * What people see is what was meant for them. Would catch: one way of writing that lets a key, or what a service said, steer the terminal
 * or begin a line of its own; and an escape that changes what JSON says.
 */
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openTerminal, type Terminal } from "../../../../src/runtime/cli/terminal/terminal.ts";
import { jsonLog } from "../../../../src/vocabulary/log.ts";
import { runs } from "../../../setup/quick.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
const steering = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** All that may harm, among letters. */
const hostile = fc.string({
  unit: fc.constantFrom(
    ..."ab é漢/",
    ..."\0\x07\x08\t\n\v\r\x1b\x7f\x85\x90\x9b\x9d\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069",
    "\x1b[31m",
    "\r\ngood     archive: all is well",
  ),
  maxLength: 30,
});

function written(write: (terminal: Terminal) => void, isTTY = false) {
  const texts: string[] = [];
  const stream = () => {
    const through = new PassThrough();
    through.on("data", (chunk) => texts.push(String(chunk)));
    return Object.assign(through, { isTTY, columns: 200 }) as unknown as NodeJS.WriteStream;
  };
  write(openTerminal({ quiet: false, stdout: stream(), stderr: stream() }));
  return texts.join("");
}

const ways: Readonly<Record<string, (terminal: Terminal, text: string) => void>> = {
  out: (terminal, text) => terminal.out(text),
  "out, a list": (terminal, text) => terminal.out([text]),
  note: (terminal, text) => terminal.note(text),
  complain: (terminal, text) => terminal.complain(text),
  warn: (terminal, text) => terminal.log.warn("something", { error: text, more: { deep: text } }),
  error: (terminal, text) => terminal.log.error(text, { [text]: 1 }),
};

describe.each(Object.keys(ways))("%s", (way) => {
  test("writes one line, with nothing in it that steers", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = written((terminal) => ways[way]?.(terminal, text));
        expect(shown).not.toMatch(steering);
        expect(shown.endsWith("\n")).toBe(true);
        expect(shown.split("\n")).toHaveLength(2);
      }),
      { numRuns: runs(200) },
    );
  });
});

test("the progress line is cut to the terminal and steers nothing but itself", () => {
  fc.assert(
    fc.property(hostile, hostile, (first, second) => {
      const shown = written((terminal) => {
        terminal.status(first);
        terminal.status(second);
      }, true);
      expect(shown.replaceAll("\r\x1b[K", "")).not.toMatch(/\n/);
      expect(shown.replaceAll("\r\x1b[K", "")).not.toMatch(steering);
    }),
    { numRuns: runs(200) },
  );
});

test("a document parses to the very same values, in JSON and in a log line", () => {
  fc.assert(
    fc.property(hostile, (key) => {
      const document = { key, [key]: [key] };
      expect(JSON.parse(written((terminal) => terminal.out(JSON.stringify(document))))).toEqual(document);
      const lines: string[] = [];
      jsonLog(
        (line) => lines.push(line),
        () => 0,
      ).info("m", { document });
      expect(lines.join("")).not.toMatch(steering);
      expect(JSON.parse(lines.join(""))).toMatchObject({ document });
    }),
    { numRuns: runs(200) },
  );
});

test("several lines are written as such", () => {
  expect(written((terminal) => terminal.out(["a", "", "b"]))).toBe("a\n\nb\n");
  expect(written((terminal) => terminal.complain(["a", "b"]))).toBe("cos-originals: a\nb\n");
});
