/** `cos-originals init`: a config file from at most five answers, or from flags alone. It asks for no secret, and writes none. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { readSettings } from "../../../config/read.ts";
import type { Setting } from "../../../config/setting.ts";
import { kebab, type SettingName, settingTable } from "../../../config/settings.ts";
import { checkPlacesApart } from "../../../run/places/places-apart.ts";
import { ensureError, quote, UserError } from "../../../vocabulary/errors.ts";
import { archivePlace, historyOf, ledgerPlace, sourcePlace } from "../../settings/places.ts";
import { checkRowsGiven, settingsOfRequest } from "../../settings/run-input.ts";
import { foundName } from "../input/found-config.ts";
import { addFlags, type Flags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { unwritable } from "../terminal/unwritable.ts";
import { configText, schemaFor, type Texts } from "./config-text.ts";
import { doctorCommand } from "./doctor.ts";
import { askSettings, named } from "./questions.ts";

/** Of what is asked of a run, what a config that nobody named may say (found-config.ts). */
const settingsOfInit: readonly SettingName[] = settingsOfRequest.filter(
  (name) => (settingTable[name] as Setting<unknown>).onlyNamed !== true,
);

export function describeInit(command: Command): void {
  addFlags(
    command
      .option("--out <FILE>", "the config file to write", foundName)
      .option("--overwrite", "write it though it is there already")
      .option("--doctor", "then see whether it is fit for a run, as doctor does, which fetches one original")
      .addHelpText(
        "after",
        `
At a terminal it asks for what the flags do not say: the source and its region, the archive and its region, and which originals.
Without one, --source, --archive, their regions, and --manifest or --list are needed. It asks nobody but you, reads no environment
variable, and neither asks for credentials nor writes any. A config called ${foundName} is found by itself by commands at a terminal in
its folder; elsewhere it is named by --config.

Exit codes: 0 written, 2 usage, 6 --doctor found it unfit, 130 interrupted, and nothing was written.

Example:
  cos-originals init --source cos://photos-1250000000 --archive cos://archive-1250000000/photos/ \\
    --region ap-guangzhou --list`,
      ),
    settingsOfInit,
    false,
  );
}

export async function initCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const out = String(flags.out);
  const replaced = existsSync(out);
  if (replaced && flags.overwrite !== true && !terminal.seated) throw isThere(out);
  const given = textsOf(flags);
  const asked = terminal.seated ? await asking(flags, terminal, given, replaced) : given;
  if (asked === undefined) {
    terminal.complain("interrupted, and nothing was written.");
    return exitCodes.interrupted;
  }
  const texts = named(asked);
  checkFit(texts);
  await write(out, configText(texts, schemaFor(dirname(resolve(out)))), replaced);

  const doctor = flags.doctor === true;
  if (flags.json === true && !doctor) {
    const settings = Object.fromEntries([...texts].map(([name, text]) => [kebab(name), text]));
    terminal.out(JSON.stringify({ schema: "cos-originals/init@1", file: out, replaced, settings }));
  } else
    terminal.note(
      `${out} is written. Credentials belong into the environment: TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY.`,
    );
  if (doctor) return doctorCommand({ config: out, json: flags.json, quiet: flags.quiet }, terminal);
  terminal.note([
    `Is it fit for a run (one original is fetched, and paid for)?  cos-originals doctor --config ${out}`,
    `What would a run come to?                                     cos-originals plan --config ${out}`,
  ]);
  return exitCodes.done;
}

/** What the flags say, as a config file would. */
function textsOf(flags: Flags): Texts {
  return new Map(
    settingsOfInit.flatMap((name): readonly (readonly [SettingName, string])[] => {
      const value = flags[name];
      if (Array.isArray(value)) return [[name, value.map(String).join(",")]];
      return typeof value === "string" || typeof value === "boolean" ? [[name, String(value)]] : [];
    }),
  );
}

async function asking(flags: Flags, terminal: Terminal, given: Texts, replaced: boolean): Promise<Texts | undefined> {
  const interrupt = onInterrupt(terminal, "Stopping.");
  const { signal } = interrupt;
  try {
    if (replaced && flags.overwrite !== true) {
      if (!(await terminal.confirm(`${flags.out} is there already. Overwrite it?`, signal))) {
        if (signal.aborted) return undefined;
        throw isThere(String(flags.out));
      }
    }
    return await askSettings(given, {
      answer: (question) => terminal.answer(question, signal),
      complain: (sentence) => terminal.complain(sentence),
    });
  } finally {
    interrupt.dispose();
  }
}

const isThere = (out: string) =>
  new UserError(
    "ConfigExists",
    `The config file ${quote(out)} is there already, and was left as it is; name another by --out, or say --overwrite.`,
  );

/** What run would refuse before it asks anybody. */
function checkFit(texts: Texts): void {
  const settings = readSettings({ flags: Object.fromEntries(texts) });
  checkRowsGiven(settings);
  const places = { source: sourcePlace(settings), archive: archivePlace(settings), ledger: ledgerPlace(settings) };
  checkPlacesApart({ ...places, options: { history: historyOf(settings) } });
}

async function write(out: string, text: string, replaced: boolean): Promise<void> {
  try {
    // Made by somebody else meanwhile, it is not overwritten.
    await writeFile(out, text, { flag: replaced ? "w" : "wx" });
  } catch (thrown) {
    const error = ensureError(thrown);
    if ("code" in error && error.code === "EEXIST") throw isThere(out);
    throw unwritable(`The config file --out ${quote(out)}`, error);
  }
}
