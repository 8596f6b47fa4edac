/** What a paper or a comment points at is there. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { posix, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { anchor, anchorsOf, type Paper, prose, read, readPapers, root } from "./papers.ts";

const papers = readPapers();

interface Link {
  readonly from: string;
  readonly to: string;
}

function linksOf({ path, text }: Paper): Link[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => ({ from: path, to }));
}

const inRepository = ({ to }: Link) => !/^[a-z]+:/.test(to);

/** What is wrong with a link; undefined for a good one. */
function fault({ from, to }: Link): string | undefined {
  const [path = "", part] = to.split("#");
  const target = path === "" ? from : posix.join(posix.dirname(from), path);
  if (!existsSync(resolve(root, target))) return `${from}: ${to} is not there`;
  if (part === undefined) return undefined;
  if (!target.endsWith(".md")) return `${from}: ${to} is no paper, so it has no headings`;
  return anchorsOf(read(target)).has(part) ? undefined : `${from}: ${to} names no heading of ${target}`;
}

describe("links", () => {
  const links = papers.flatMap(linksOf).filter(inRepository);

  test("of the papers lead to files that are there, and to headings that they have", () => {
    expect(papers.length).toBeGreaterThan(3);
    expect(links.length).toBeGreaterThan(50);
    expect(links.map(fault).filter(Boolean)).toEqual([]);
  });

  test("are found broken where they are", () => {
    expect(fault({ from: "README.md", to: "docs/none.md" })).toBe("README.md: docs/none.md is not there");
    expect(fault({ from: "docs/cli.md", to: "architecture.md#nothing" })).toContain(
      "names no heading of docs/architecture.md",
    );
    expect(fault({ from: "docs/cli.md", to: "architecture.md#one-task" })).toBeUndefined();
  });
});

/** Every file whose comments may cite: sources, tests, scripts. */
const cited = ["src", "test", "scripts", ".ci"].flatMap((folder) =>
  readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
    .map((file) => `${folder}/${file}`)
    .filter((file) => statSync(resolve(root, file)).isFile() && /\.(ts|mts|mjs|wat)$|\/run$/.test(file))
    .map((path) => ({ path, text: read(path) })),
);

describe("comments", () => {
  const own = "test/papers/links.test.ts";

  test("cite papers that the repository holds", () => {
    const missing = cited
      .filter(({ path }) => path !== own)
      .flatMap(({ path, text }) =>
        [...text.matchAll(/(?<![\w./-])((?:[\w-]+\/)*[\w-]+\.md)\b/g)]
          .map(([, paper = ""]) => paper)
          .filter((paper) => !existsSync(resolve(root, paper)) && !papers.some((each) => each.path === `docs/${paper}`))
          .map((paper) => `${path} cites ${paper}`),
      );
    expect(cited.length).toBeGreaterThan(300);
    expect(missing).toEqual([]);
  });

  test("cite sections that their paper has", () => {
    const citations = cited.flatMap(({ path, text }) =>
      // Also across a line end of a comment.
      [...text.replace(/\n\s*(?:\*|\/\/) ?/g, " ").matchAll(/\b((?:docs\/)?[\w-]+\.md), "([^"]+)"/g)].map(
        ([, paper = "", section = ""]) => ({
          path,
          paper: paper.includes("/") || existsSync(resolve(root, paper)) ? paper : `docs/${paper}`,
          section,
        }),
      ),
    );
    const missing = citations
      .filter(({ paper, section }) => existsSync(resolve(root, paper)) && !anchorsOf(read(paper)).has(anchor(section)))
      .map(({ path, paper, section }) => `${path} cites ${paper}, "${section}"`);
    expect(citations.length).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  });

  test("cite invariants that docs/architecture.md holds in full", () => {
    const known = new Set([...read("docs/architecture.md").matchAll(/\*\*(I\d+)\*\*/g)].map(([, name]) => name));
    const unknown = cited
      .filter(({ path }) => path !== own)
      .flatMap(({ path, text }) =>
        [...text.matchAll(/\bI\d{1,2}\b/g)]
          .filter(([name]) => !known.has(name))
          .map(([name]) => `${path} cites ${name}`),
      );
    expect([...known].slice(0, 9)).toEqual(["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9"]);
    expect(known).toContain("I11");
    expect(unknown).toEqual([]);
  });
});
