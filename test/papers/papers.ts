/** The papers of the repository: what people read, in Markdown. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export interface Paper {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

export function readPapers(): readonly Paper[] {
  const inRoot = readdirSync(root).filter((name) => name.endsWith(".md"));
  const inDocs = readdirSync(resolve(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => name.replaceAll("\\", "/"));
  return [...inRoot, ...inDocs.map((name) => `docs/${name}`)].sort().map((path) => ({ path, text: read(path) }));
}

/** @param path from the root of the repository */
export const read = (path: string): string => readFileSync(resolve(root, path), "utf8");

/** What stands outside fenced blocks and code spans: where a link is a link. */
export function prose(text: string): string {
  return text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, (code) => `\`${" ".repeat(code.length - 2)}\``);
}

/** The headings of a paper, as the ends of links that lead to them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.replace(/^```.*?^```/gms, "").matchAll(/^#+ +(.*)$/gm);
  return new Set([...headings].map(([, heading = ""]) => anchor(heading)));
}

/** As GitHub makes it: small letters, no punctuation, dashes for spaces. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

export interface Block {
  readonly language: string;
  /** What stands behind the language. */
  readonly words: readonly string[];
  readonly text: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

/** The fenced blocks of a paper. */
export function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(/^```(\S*)([^\n]*)\n(.*?)^```/gms)].map((match) => ({
    language: match[1] as string,
    words: (match[2] as string).split(" ").filter((word) => word !== ""),
    text: match[3] as string,
    line: text.slice(0, match.index).split("\n").length + 1,
  }));
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables below a heading, up to the next heading of its level or a higher one. */
export function tablesUnder(text: string, heading: string): readonly Table[] {
  return tablesOf(sectionOf(text, heading));
}

/** What stands below a heading, headings of lower levels included. */
export function sectionOf(text: string, heading: string): string {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => line.replace(/^#+ /, "") === heading && line.startsWith("#"));
  if (from < 0) throw new Error(`no heading ${JSON.stringify(heading)}`);
  const level = (lines[from] as string).indexOf(" ");
  let fenced = false;
  const to = lines.findIndex((line, n) => {
    if (line.startsWith("```")) fenced = !fenced;
    return n > from && !fenced && /^#+ /.test(line) && line.indexOf(" ") <= level;
  });
  return lines.slice(from + 1, to < 0 ? undefined : to).join("\n");
}

export function tablesOf(text: string): readonly Table[] {
  const cells = (line: string) =>
    line
      .replace(/^\||\|$/g, "")
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|"));
  return [...text.matchAll(/^(\|.*)\n\|[-:| ]+\|\n((?:\|.*\n?)*)/gm)].map(([, head = "", body = ""]) => ({
    columns: cells(head),
    rows: body.trimEnd().split("\n").filter(Boolean).map(cells),
  }));
}
