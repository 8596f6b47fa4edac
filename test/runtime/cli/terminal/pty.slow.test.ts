/**
 * The line of progress on a real terminal of the kernel's, whose keys are signals. Would catch: a line that is wider than the terminal says
 * it is, or says nothing of; Ctrl+C that only works as a signal of another process.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeImage } from "../../../../src/runtime/cli/demo/images.ts";
import { shellLine } from "../../../../src/runtime/cli/terminal/shell-word.ts";
import { widthOf } from "../../../../src/runtime/cli/terminal/width.ts";
import { type Lab, lines, openLab, source } from "../lab.ts";

/** Of util-linux: runs a command on a terminal of its own. */
const script = "/usr/bin/script";
const canRun = process.platform === "linux" && existsSync(script);

let lab: Lab;
beforeAll(async () => {
  if (canRun) lab = await openLab();
});
afterAll(() => lab?.close());

interface Shown {
  readonly code: number | null;
  readonly text: string;
  /** Each line that was replaced by the next. */
  readonly lines: readonly string[];
}

function onTerminal(columns: number, args: readonly string[]) {
  const command = `stty cols ${columns} rows 24; exec ${shellLine([process.execPath, lab.built.cli, ...args])}`;
  const child = spawn(script, ["-qfec", command, "/dev/null"], {
    env: { PATH: process.env.PATH ?? "", TERM: "xterm-256color", SHELL: "/bin/sh", ...lab.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    for (const listener of listeners) listener();
  });
  child.stdin.on("error", () => undefined);
  const ended = new Promise<Shown>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what is written while a terminal wraps nothing
      const shown = [...text.matchAll(/\x1b\[\?7l([^\x1b]*)\x1b\[\?7h/g)].map(([, line = ""]) => line);
      resolve({ code, text, lines: shown });
    });
  });
  return {
    ended,
    press: (key: string) => void child.stdin.write(key),
    /** Resolves once it stands there, or all has ended. */
    says: (what: RegExp) =>
      new Promise<void>((resolve) => {
        const look = () => what.test(text) && resolve();
        listeners.add(look);
        look();
        void ended.then(() => resolve());
      }),
  };
}

const interrupt = "\x03";

test.skipIf(!canRun)("Ctrl+C at any question ends with 130, and nothing is begun", async () => {
  lab.emulator.bucket(source).put("asked.png", makeImage("png", 8, 1));
  const manifest = await lab.file("asked.txt", lines("asked.png"));
  const config = await lab.file("asked.yaml", "");
  const questions = [
    ["Go on?", ["doctor", "--probe", "--source", `cos://${source}`]],
    ["Begin it?", ["run", "--archive", lab.place(), "--manifest", manifest, "--confirm-above", "0"]],
    ["Overwrite it?", ["init", "--out", config]],
  ] as const;
  for (const [question, args] of questions) {
    const asked = onTerminal(80, args);
    await asked.says(new RegExp(`${question.replace("?", "\\?")} \\[y/N\\]`));
    asked.press(interrupt);
    const { code, text } = await asked.ended;
    expect([code, text.includes(question)], text).toEqual([130, true]);
  }
});

test.skipIf(!canRun)(
  "fits into 40 columns, and into 80 where it says 0; its keys stop a run, and say how to go on",
  async () => {
    const many = Array.from({ length: 24 }, (_, i) => `many/${i}.png`);
    for (const [index, key] of many.entries()) lab.emulator.bucket(source).put(key, makeImage("png", 8, index));
    const manifest = await lab.file("many.txt", lines(...many));
    const args = ["run", "--archive", lab.place(), "--run", "pane", "--manifest", manifest, "--concurrency", "2"];
    let fetched = 0;
    lab.emulator.faults.use(({ operation }) => {
      if (operation !== "object.original") return undefined;
      if (++fetched === 14) narrow.press(interrupt);
      return fetched <= 12 ? { kind: "delay", ms: 250 } : { kind: "hang" };
    });
    const narrow = onTerminal(40, args);
    await narrow.says(/stopping: 2 under way/);
    // One key that comes twice at once is one.
    await new Promise((resolve) => setTimeout(resolve, 150));
    narrow.press(interrupt);
    const first = await narrow.ended;
    expect(first.code, first.text).toBe(130);
    expect(first.lines.length).toBeGreaterThan(3);
    expect(Math.max(...first.lines.map(widthOf))).toBeLessThan(40);
    expect(first.text).toContain("Stopping: what is under way ends, within 25 s");
    const resume = /or with: cos-originals (run --resume pane .*)\r\n/.exec(first.text)?.[1]?.split(" ") ?? [];
    expect(resume).toContain("--concurrency");

    lab.emulator.faults.clear();
    lab.emulator.faults.use(({ operation }) =>
      operation === "object.original" ? { kind: "delay", ms: 300 } : undefined,
    );
    const second = await onTerminal(0, resume).ended;
    expect(second.code, second.text).toBe(0);
    const widths = second.lines.map(widthOf);
    expect(Math.max(...widths)).toBeLessThan(80);
    expect(Math.max(...widths)).toBeGreaterThan(40);
    // What was done before says nothing of the speed.
    expect(second.lines.find((line) => line.includes("objects/s"))).toMatch(
      /^(?:1[2-9]|2\d)\/24 .* \d(?:\.\d)? objects\/s/,
    );
    expect(second.text).toContain("24 rows = 24 archived");
  },
);
