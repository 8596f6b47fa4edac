/** How a run ended, as Markdown for the page that a CI job shows of itself. Keys and what services said are data: nothing of them is markup. */
import { visible } from "../../vocabulary/visible.ts";
import { nextStep } from "../next-step.ts";
import type { Summary } from "../summary.ts";
import { wordsOf } from "../words/words.ts";
import { englishTextOf } from "./code-texts.ts";
import { headline, restoringNote } from "./head.ts";
import type { PageOptions } from "./report-html.ts";

/** Codes that are told, and keys of each. */
const codesShown = 10;
const keysShown = 3;

/** Ends with a line end. */
export function summaryMarkdown(
  summary: Summary,
  { language = "en", textOf = englishTextOf }: Pick<PageOptions, "language" | "textOf"> = {},
): string {
  const words = wordsOf(language);
  const { run, rows, archived, skipped, failed, pending, bytes, seconds, reason, cost, atLeast } = summary;
  const step = nextStep(summary);
  const restoring = restoringNote(summary, words);
  const counts = [rows, archived, skipped, failed, pending].map(words.count);
  if (atLeast) for (const at of [1, 2, 3, 4]) counts[at] = `${at === 4 ? words.atMost : words.atLeast} ${counts[at]}`;
  const { outcomes } = words;
  const lines = [
    `### ${words.run} ${codeSpan(run)}`,
    "",
    `**${headline(summary, words)}**`,
    ...(reason === undefined ? [] : ["", `${words.reason} · ${plain(reason)}`]),
    "",
    words.advice[step.kind],
    ...(step.command === undefined ? [] : ["", "```sh", visible(step.command.toWellFormed()), "```"]),
    "",
    `| ${[words.amount, outcomes.archived, outcomes.skipped, outcomes.failed, outcomes.pending].join(" | ")} |`,
    "|--:|--:|--:|--:|--:|",
    `| ${counts.join(" | ")} |`,
    ...(restoring === undefined ? [] : ["", plain(restoring)]),
    "",
    [
      `${words.volume} ${words.bytes(bytes)}`,
      ...(seconds === null ? [] : [`${words.duration} ${words.seconds(seconds)}`]),
      ...(cost === undefined
        ? []
        : [
            `${words.cost} ${words.range(words.money(cost.spent.from, cost.currency), words.money(cost.spent.upTo, cost.currency))}`,
          ]),
    ].join(" · "),
  ];
  const failures = summary.failures ?? [];
  if (failures.length > 0) lines.push("", `#### ${words.failures}`, "");
  for (const { code, count, keys } of failures.slice(0, codesShown)) {
    const text = textOf(code);
    lines.push(`- **${plain(code)}** · ${words.count(count)}${text === undefined ? "" : ` · ${plain(text.means)}`}`);
    if (text?.advice !== undefined) lines.push(`  - ${words.whatToDo} · ${plain(text.advice)}`);
    for (const key of keys.slice(0, keysShown)) lines.push(`  - ${codeSpan(key)}`);
  }
  const others = failures.slice(codesShown).reduce((sum, { count }) => sum + count, 0);
  if (others > 0) lines.push(`- ${words.moreKeys(others)}`);
  return `${lines.join("\n")}\n`;
}

/** A span of code in which all of the text stands as it is, on one line. */
function codeSpan(text: string): string {
  const line = visible(text.toWellFormed());
  if (line === "") return "``";
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  // A space at both ends is taken off; so what begins or ends with a space or a tick gets one more.
  const pad = /^[ `]|[ `]$/.test(line) ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** Text in which no character is markup: references to characters are never taken for any. */
const plain = (text: string): string =>
  visible(text.toWellFormed()).replace(/[!-+.:-@[-`{-~]/g, (character) => `&#${character.charCodeAt(0)};`);
