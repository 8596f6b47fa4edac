/** The commands that people are told to type next: whole, so that they can be copied. */
import { flagOf, type SettingName } from "../../../config/settings.ts";
import type { Place } from "../../../run/messages/messages.ts";
import { settingsOfSigning, settingsOfWork } from "../../settings/run-input.ts";
import { ledgerFlags } from "../input/ledger-flags.ts";
import type { Flags } from "../input/setting-flags.ts";
import { shellLine, shellWord } from "../terminal/shell-word.ts";

/** Whom to dial, where flags said it: no run remembers that. */
const dialled: readonly SettingName[] = ["archiveEndpoint", "endpoint", ...settingsOfSigning, "allowHttp"];

export interface CommandsOfRun {
  /** Goes on with the run. */
  readonly resume: string;
  /** Lets it go on where it was halted. */
  readonly letGoOn: string;
  /** Tries again what failed. */
  readonly redrive: string;
  /** Brings the report into a folder. */
  readonly report: string;
}

/** @param flags those that this command was given; what environment and config file say holds for the next one too */
export function commandsOfRun(run: string, ledger: Place, flags: Flags): CommandsOfRun {
  const config = typeof flags.config === "string" ? ["--config", flags.config] : [];
  const said = (names: readonly SettingName[]) => names.flatMap((name) => wordsOf(name, flags[name]));
  const command = (words: readonly string[], names: readonly SettingName[]) =>
    [shellLine(["cos-originals", ...words]), ledgerFlags(ledger), ...[...config, ...said(names)].map(shellWord)].join(
      " ",
    );
  return {
    resume: command(["run", "--resume", run], settingsOfWork),
    letGoOn: command(["resume", run], dialled),
    redrive: command(["redrive", run], settingsOfWork),
    report: command(["report", run, "--out", `report-${run}`], dialled),
  };
}

export const explanation = (code: string): string => shellLine(["cos-originals", "explain", code]);

function wordsOf(name: SettingName, value: unknown): readonly string[] {
  if (value === true) return [flagOf(name)];
  if (Array.isArray(value)) return value.flatMap((each) => [flagOf(name), String(each)]);
  return typeof value === "string" ? [flagOf(name), value] : [];
}
