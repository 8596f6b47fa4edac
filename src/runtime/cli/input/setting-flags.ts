/** Settings as flags of a command, and back. */
import { type Command, Option } from "commander";
import { readConfigFile } from "../../../config/file.ts";
import { misspeltVariables, readSettings, type Settings } from "../../../config/read.ts";
import { type Setting, type SettingGroup, settingGroups } from "../../../config/setting.ts";
import { flagOf, type SettingName, settingNames, settingTable } from "../../../config/settings.ts";
import { proxyNote } from "../../settings/proxy-note.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { foundConfig } from "./found-config.ts";

/** Adds these settings to the command, and `--config`, `--json`, `--quiet`. */
export function addFlags(command: Command, names: readonly SettingName[], withConfig = true): Command {
  for (const name of names) {
    const setting: Setting<unknown> = settingTable[name];
    const spelt = setting.placeholder === undefined ? flagOf(name) : `${flagOf(name)} <${setting.placeholder}>`;
    const description =
      setting.default === undefined ? setting.description : `${setting.description} (default: ${setting.default})`;
    const option = new Option(spelt, description).helpGroup(headingOf(setting.group));
    if (setting.repeatable) option.argParser((value: string, before: readonly string[] = []) => [...before, value]);
    command.addOption(option);
  }
  return addCommonFlags(command, withConfig);
}

export function addCommonFlags(command: Command, withConfig: boolean): Command {
  const common = (flags: string, description: string) => new Option(flags, description).helpGroup(headingOf("output"));
  if (withConfig) {
    const file = new Option(
      "--config <FILE>",
      "settings from a YAML or JSON file, by the same names (default, at a terminal: cos-originals.yaml in this folder)",
    );
    command.addOption(file.helpGroup(headingOf("first")));
  }
  return command
    .addOption(common("--json", "one JSON document on standard output, nothing else"))
    .addOption(common("--quiet", "neither progress nor notes on standard error"))
    .addHelpOption(common("-h, --help", "what the command does, its flags and its exit codes"));
}

/** Below which heading help tells a setting. */
const headingOf = (group: SettingGroup) => `${settingGroups[group]}:`;

/** The values commander collected, told apart from its own. */
export type Flags = Readonly<Record<string, unknown>>;

export async function settingsFromFlags(flags: Flags, terminal: Terminal): Promise<Settings> {
  const { config } = flags;
  const file = typeof config === "string" ? await readConfigFile(config) : await foundConfig(terminal, process.cwd());
  for (const sentence of misspeltVariables(process.env)) terminal.log.warn(sentence);
  const given: Partial<Record<SettingName, string | boolean | readonly string[]>> = {};
  for (const name of settingNames) {
    const value = flags[name];
    if (typeof value === "string" || typeof value === "boolean") given[name] = value;
    else if (Array.isArray(value)) given[name] = value.map(String);
  }
  const settings = readSettings({ flags: given, environment: process.env, file });
  const note = proxyNote(settings, process.env);
  if (note !== undefined) terminal.note(note);
  return settings;
}
