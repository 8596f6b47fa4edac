/** Which keys are in scope, by rules in their order, as rclone's --filter has them: the first that matches decides. Pure. */
import { quote } from "../../vocabulary/errors.ts";
import { readGlob } from "./glob.ts";

export type KeyFilter = (key: string) => boolean;

/** Rules of one run, at most. */
export const mostRules = 1_000;

/** `+ GLOB` keeps, `- GLOB` leaves out; `fault` is a whole clause. */
function readRule(text: string) {
  const sign = text.slice(0, 2);
  if (sign !== "+ " && sign !== "- ") return { fault: `the rule ${quote(text)} begins with neither "+ " nor "- "` };
  const glob = readGlob(text.slice(2));
  return "fault" in glob ? { fault: `the glob ${quote(text.slice(2))} ${glob.fault}` } : { keeps: sign === "+ ", glob };
}

/** What is wrong with the first rule that is none; undefined where all are. */
export function filterFault(rules: readonly string[]): string | undefined {
  for (const text of rules) {
    const rule = readRule(text);
    if (rule.fault !== undefined) return rule.fault;
  }
  return undefined;
}

/** What no rule matches is kept. @param rules that have no fault */
export function createFilter(rules: readonly string[]): KeyFilter {
  const read = rules.flatMap((text) => {
    const rule = readRule(text);
    return rule.glob === undefined ? [] : [rule];
  });
  return (key) => read.find(({ glob }) => glob.matches(key))?.keeps ?? true;
}

/**
 * The rules that --filter, --exclude and --include come to. Where something is included, all else is left out; what is excluded stays so,
 * whatever is included.
 */
export function rulesOf({
  filter = [],
  exclude = [],
  include = [],
}: {
  readonly filter?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly include?: readonly string[] | undefined;
}): readonly string[] {
  return [
    ...filter,
    ...exclude.map((glob) => `- ${glob}`),
    ...include.map((glob) => `+ ${glob}`),
    ...(include.length === 0 ? [] : ["- **"]),
  ];
}

/** Several in one text, separated by commas; those within braces or brackets, or behind a backslash, separate nothing. */
export function splitGlobs(text: string): readonly string[] {
  const parts: string[] = [""];
  let open = "";
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (character === "," && open === "") {
      parts.push("");
      continue;
    }
    if (open === "" && (character === "{" || character === "[")) open = character === "{" ? "}" : "]";
    else if (character === open) open = "";
    parts[parts.length - 1] += character;
    if (character === "\\") parts[parts.length - 1] += text[++at] ?? "";
  }
  return parts;
}
