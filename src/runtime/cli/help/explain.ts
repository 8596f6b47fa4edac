/** `cos-originals explain`: what a code means, what follows from it, and what to do. From the catalogue alone. */
import type { Command } from "commander";
import { nearest } from "../../../config/nearest.ts";
import { readSettings } from "../../../config/read.ts";
import { catalogue, entryOf } from "../../../vocabulary/codes/catalogue.ts";
import { effectWords, endsRow } from "../../../vocabulary/codes/effect-words.ts";
import type { Effect, Entry } from "../../../vocabulary/codes/entry.ts";
import { errNos } from "../../../vocabulary/codes/service-codes.ts";
import { quote, UserError } from "../../../vocabulary/errors.ts";
import { languageSaid } from "../../settings/language.ts";
import { addFlags, type Flags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import type { Terminal } from "../terminal/terminal.ts";

export function describeExplain(command: Command): void {
  addFlags(
    command.addHelpText(
      "after",
      `
CODE is a code as failures.csv, a report, a summary or an error has it, in small letters or large; or a number of the service's
X-ErrNo header, like -154. All of them are in docs/errors.md.

Exit codes: 0 explained, 2 no such code.

Example:
  cos-originals explain NoProof`,
    ),
    ["lang"],
    false,
  );
}

export async function explainCommand(
  flags: Flags,
  terminal: Terminal,
  [given = ""]: readonly string[],
): Promise<ExitCode> {
  const { code, entry } = explained(given);
  const { means, effect, advice } = entry;
  if (flags.json === true) {
    const document = {
      code,
      means,
      effect,
      follows: effectWords[effect],
      terminal: endsRow(effect),
      advice: advice ?? null,
    };
    terminal.out(JSON.stringify({ schema: "cos-originals/explain@1", ...document }));
    return exitCodes.done;
  }
  terminal.out(isChinese(flags) ? await inChinese(code, entry) : inEnglish(code, entry));
  return exitCodes.done;
}

type Explained = Pick<Entry, "means" | "effect" | "advice">;

const inEnglish = (code: string, { means, effect, advice }: Explained) => [
  `${code}: ${means}.`,
  `What follows: ${effectWords[effect]}${endsRow(effect) ? "; the run does not try it again" : ""}.`,
  `What to do: ${advice ?? withoutAdvice(effect)}.`,
];

async function inChinese(code: string, english: Explained): Promise<readonly string[]> {
  const [{ textOf }, { effectTexts }] = await Promise.all([
    import("../../../vocabulary/codes/zh/catalogue.ts"),
    import("../../../vocabulary/codes/zh/effect-texts.ts"),
  ]);
  const { means, advice } = textOf(code) ?? english;
  const { effect } = english;
  return [
    `${code}：${means}。`,
    `后果：${effectTexts[effect]}${endsRow(effect) ? "；任务不会再次尝试" : ""}。`,
    `怎么办：${advice ?? (mends(effect) ? "按随附消息所指修正" : "无需处理")}。`,
  ];
}

function isChinese({ lang }: Flags): boolean {
  const flags = typeof lang === "string" ? { lang } : {};
  return languageSaid(readSettings({ flags, environment: process.env }), process.env) === "zh";
}

const mends = (effect: Effect) => effect === "not-begun" || effect === "refused" || effect === "run-halted";

const withoutAdvice = (effect: Effect): string =>
  mends(effect) ? "what the message beside it names is to be mended" : "nothing";

/** @throws UserError `UnknownCode` */
export function explained(given: string): {
  readonly code: string;
  readonly entry: Pick<Entry, "means" | "effect" | "advice">;
} {
  const number = /^(?:X-?)?(?:ErrNo)?\s*(-\d+)$/i.exec(given)?.[1];
  if (number !== undefined) {
    const entry = errNos[Number(number)];
    if (entry !== undefined) return { code: `ErrNo${number}`, entry };
  }
  const names = Object.keys(catalogue);
  const code = names.find((name) => name.toLowerCase() === given.toLowerCase());
  const entry = code === undefined ? undefined : entryOf(code);
  if (code !== undefined && entry !== undefined) return { code, entry };
  const hint = nearest(given, names);
  throw new UserError(
    "UnknownCode",
    `CODE ${quote(given)} is none of docs/errors.md${hint === undefined ? ", and so the service's own, or the system's" : `; perhaps ${hint} is meant`}.`,
  );
}
