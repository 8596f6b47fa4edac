/** What the papers tell people to type is there to be typed. commands.slow.test.ts runs it. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseMessage } from "../../src/run/messages/messages.ts";
import { readFlags } from "../bench/flags.ts";
import { linesOf, needsAccount, ownCommandsOf, shellBlocks } from "./documented-commands.ts";
import { blocksOf, read, readPapers, root } from "./papers.ts";
import { commands, refusalOf } from "./refused-command.ts";

const papers = readPapers();
const refusal = (command: string) => refusalOf(command.split(/ +/).slice(1));

describe("commands of cos-originals", () => {
  const all = papers.flatMap((paper) => ownCommandsOf(paper).map((command) => [paper.path, command] as const));

  test("are found in the papers", () => {
    expect(all.length).toBeGreaterThan(10);
  });

  test.each(all.filter(([, command]) => !/ (…|COMMAND|\|)/.test(command)))("%s: %s", (_, command) => {
    // Named in passing, without what it needs.
    const named = /^cos-originals \w+$/.test(command);
    expect(named ? commands.some(({ name }) => command.endsWith(` ${name}`)) : refusal(command)).toBe(
      named ? true : undefined,
    );
  });

  test("are refused where the program would refuse them", () => {
    expect(refusal("cos-originals run --no-such-flag")).toContain("--no-such-flag");
    expect(refusal("cos-originals begin")).toBe("there is no command begin");
    expect(refusal("cos-originals status")).toContain("RUN");
  });
});

describe("commands of development", () => {
  const scripts: Readonly<Record<string, string>> = JSON.parse(read("package.json")).scripts;
  const inBlocks = papers
    .flatMap(shellBlocks)
    .flatMap(linesOf)
    .filter(({ kind }) => kind === "development")
    .map(({ text }) => text);
  const inText = papers.flatMap(({ text }) =>
    [...text.matchAll(/`((?:npm|npx vitest) [^`\n]+)`/g)].map(([, code = ""]) => code),
  );

  test.each([...new Set([...inBlocks, ...inText])])("%s", (command) => {
    const [program, word = "", name = "", ...rest] = command.split(" ");
    if (program === "npm" && word === "run") {
      expect(Object.keys(scripts)).toContain(name);
      if (name === "bench" && rest.length > 0) expect(() => readFlags(rest.slice(1))).not.toThrow();
    } else if (program === "npm") expect(["install", "pack", ...Object.keys(scripts)]).toContain(word);
    else
      for (const path of rest.filter((each) => each.startsWith("test/")))
        expect(existsSync(resolve(root, path)), path).toBe(true);
  });

  test("start and test are what continuous integration runs", () => {
    expect(read(".ci/run")).toMatch(/npm start/);
    expect(read(".ci/run")).toMatch(/npm test/);
  });
});

test("what needs an account is deploying, and what is about what was deployed", () => {
  const lines = papers.flatMap(shellBlocks).filter(needsAccount).flatMap(linesOf);
  const deploying = lines.map(({ text }) => text).filter((text) => !text.startsWith("export"));
  const terraform = ["init", "plan", "apply", "destroy"].map((word) => `terraform -chdir=deploy/tencent ${word}`);
  expect(deploying).toEqual([
    "aws ssm put-parameter --name /cos-originals/dev/cos --type SecureString --value file://cos.json && rm cos.json",
    "npx cos-originals doctor",
    "npx osls deploy",
    "npx osls invoke -f originals -p events/eventbridge-schedule.json",
    "npx cos-originals runs",
    ...terraform,
  ]);
});

test("messages that the papers print are messages", () => {
  const messages = papers.flatMap(({ text }) => blocksOf(text)).filter(({ words }) => words.includes("message"));
  expect(messages.map(({ text }) => parseMessage(text).type)).toEqual(["manifest"]);
});
