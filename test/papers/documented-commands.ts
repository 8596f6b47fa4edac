/** The commands that the papers print, to be run or looked at. */
import { type Block, blocksOf, type Paper } from "./papers.ts";

/** What a line of a `sh` block is. */
export type Line =
  /** npm and npx of the checkout, which continuous integration runs, or nobody can in a test: `npm test`, `npx vitest run …`. */
  { readonly kind: "development"; readonly text: string } | { readonly kind: "run"; readonly text: string };

/** Commands of a block, continued lines joined, comments and blanks left out. */
export function linesOf({ text }: Pick<Block, "text">): readonly Line[] {
  return text
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) =>
      line
        .replace(/ +# .*$/, "")
        .replace(/ {2,}/g, " ")
        .trim(),
    )
    .filter((line) => line !== "")
    .map((line) => ({ kind: /^(npm |npx vitest )/.test(line) ? "development" : "run", text: line }));
}

/** A block whose commands need an account of a cloud: `sh account`. */
export const needsAccount = ({ words }: Block): boolean => words.includes("account");

/** Nor can others be run in a test: `sh docker` needs a daemon or a cluster, `sh root` changes the machine. */
export const runsElsewhere = (block: Block): boolean =>
  needsAccount(block) || block.words.some((word) => word === "docker" || word === "root");

export const shellBlocks = ({ text }: Paper): readonly Block[] =>
  blocksOf(text).filter(({ language }) => language === "sh");

/** Commands of cos-originals, wherever a paper prints them: in `sh` blocks, and in code within the text. */
export function ownCommandsOf(paper: Paper): readonly string[] {
  const inBlocks = shellBlocks(paper)
    .flatMap(linesOf)
    // What the shell makes of a line is no part of the command.
    .map(({ text }) =>
      text
        .replace(/^(\w+=\S+ )+/, "")
        .replace(/ &$/, "")
        .replace(/ \|\| .*$/, "")
        .replace(/ > \S+$/, ""),
    );
  const inText = [...paper.text.replace(/^```.*?^```/gms, "").matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  return [...inBlocks, ...inText]
    .filter((command) => /^(npx )?cos-originals [a-z]/.test(command))
    .map((command) => command.replace(/^npx /, ""));
}
