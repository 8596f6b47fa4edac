/** What is told in two languages is the same in both: headings, commands, files, links. */
import { describe, expect, test } from "vitest";
import { linesOf, shellBlocks } from "./documented-commands.ts";
import { blocksOf, prose, read } from "./papers.ts";

const english = { path: "README.md", text: read("README.md") };
const chinese = { path: "README.zh.md", text: read("README.zh.md") };

const headings = (text: string) => [...text.replace(/^```.*?^```/gms, "").matchAll(/^#+/gm)].map(([level]) => level);
const links = (text: string) =>
  [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, to = ""]) => to.replace(/\.zh\.md/, ".md"))
    .filter((to) => to !== "README.md");

describe("README in Chinese", () => {
  test("has the headings of the English one, and its links in their order", () => {
    expect(headings(chinese.text)).toEqual(headings(english.text));
    expect(links(chinese.text)).toEqual(links(english.text));
  });

  test("tells to type the same commands, and to write the same files", () => {
    const commands = (paper: typeof english) => shellBlocks(paper).flatMap(linesOf);
    expect(commands(chinese)).toEqual(commands(english));
    const files = (text: string) => blocksOf(text).filter(({ language }) => language !== "sh");
    expect(files(chinese.text).map(({ words, text }) => [words, text])).toEqual(
      files(english.text).map(({ words, text }) => [words, text]),
    );
  });

  test("says each thing in Chinese", () => {
    const lines = chinese.text
      .replace(/^```.*?^```/gms, "")
      .split("\n")
      .slice(3);
    const left = lines.filter((line) => /[a-z]/i.test(line) && !/\p{Script=Han}/u.test(line));
    expect(left).toEqual([]);
  });
});

test.each([
  ["README.md", "README.zh.md"],
  ["docs/errors.md", "docs/errors.zh.md"],
])("%s and %s lead to each other at their top", (one, other) => {
  const name = (path: string) => path.split("/").at(-1);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    expect(read(from).split("\n").slice(0, 4).join("\n")).toContain(`](${name(to)})`);
  }
});

test("README is two screens long", () => {
  expect(english.text.split("\n").length).toBeLessThan(100);
});
