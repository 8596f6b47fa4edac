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

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: these must not be there
const steering = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
/** What clears the line, and keeps it from being wrapped. */
const own = /\r\x1b\[K|\x1b\[\?7[lh]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: these must not be there

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
      expect(shown.replaceAll(own, "")).not.toMatch(/\n/);
      expect(shown.replaceAll(own, "")).not.toMatch(steering);
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

describe("the line that is replaced", () => {
  function onTerminal(columns: number | undefined, options: { isDumb?: boolean; reflows?: boolean } = {}) {
    const texts: string[] = [];
    const through = new PassThrough();
    through.on("data", (chunk) => texts.push(String(chunk)));
    const stderr = Object.assign(through, { isTTY: true, columns }) as unknown as NodeJS.WriteStream;
    const terminal = openTerminal({ quiet: false, stdout: stderr, stderr, ...options });
    const taken = () => texts.splice(0).join("");
    const resize = (to: number) => {
      stderr.columns = to;
      stderr.emit("resize");
    };
    return { terminal, taken, resize };
  }
  const line = [
    { matters: 1, texts: ["1/2"] },
    { matters: 0, texts: ["x".repeat(100), "x".repeat(60), "x".repeat(30)] },
  ];

  test.each([
    [200, 100],
    [80, 60],
    [0, 60],
    [undefined, 60],
    [40, 30],
  ])("on a terminal that says %j columns is as long as fits", (columns, xs) => {
    const { terminal, taken } = onTerminal(columns);
    terminal.status(line);
    expect(taken()).toBe(`\x1b[?7l1/2  ${"x".repeat(xs)}\x1b[?7h`);
  });

  test("is written anew below what else is written, and taken away by nothing", () => {
    const { terminal, taken } = onTerminal(80);
    terminal.status("a");
    terminal.note("b");
    terminal.status("");
    expect(taken()).toBe("\x1b[?7la\x1b[?7h\r\x1b[Kb\n\x1b[?7la\x1b[?7h\r\x1b[K");
  });

  test("follows the terminal's width; rows that a narrower one made of it are taken away", () => {
    const { terminal, taken, resize } = onTerminal(80);
    terminal.status(line);
    taken();
    resize(40);
    expect(taken()).toBe(`\r\x1b[1A\x1b[J\x1b[?7l1/2  ${"x".repeat(30)}\x1b[?7h`);
    resize(200);
    expect(taken()).toBe(`\r\x1b[J\x1b[?7l1/2  ${"x".repeat(100)}\x1b[?7h`);
    terminal.status("");
    taken();
    resize(40);
    expect(taken()).toBe("");
  });

  test("leaves the line above alone where the terminal cuts lines instead, and is not there where none can be replaced", () => {
    const cutting = onTerminal(80, { reflows: false });
    cutting.terminal.status(line);
    cutting.taken();
    cutting.resize(40);
    expect(cutting.taken()).toContain("\r\x1b[J\x1b[?7l1");
    const dumb = onTerminal(80, { isDumb: true });
    dumb.terminal.status("a");
    expect([dumb.taken(), dumb.terminal.statusShown]).toEqual(["", false]);
  });
});
