/** The settings that a program's options stand for: read, checked and refused as those of a command line are. */
import { nearest } from "../../config/nearest.ts";
import { readSettings, type Settings } from "../../config/read.ts";
import { type SettingName, settingNames } from "../../config/settings.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import {
  settingsOfBeginning,
  settingsOfPrices,
  settingsOfRequest,
  settingsOfSigning,
  settingsOfWork,
} from "../settings/run-input.ts";
import type { ArchiveOptions, ArchivePorts } from "./archive-options.ts";

/** Settings that are options too; who signs is a port. */
export const settingsOfOptions: readonly SettingName[] = [
  ...settingsOfRequest,
  ...settingsOfBeginning,
  ...settingsOfWork.filter((name) => !settingsOfSigning.includes(name)),
  ...settingsOfPrices,
];

const ports = [
  "rows",
  "signal",
  "log",
  "onProgress",
  "credentials",
  "archiveCredentials",
  "open",
  "environment",
  "clock",
  "random",
] as const satisfies readonly (keyof ArchivePorts | "rows")[];

/** Rows are read as lines of JSON, like those of standard input. */
const settingsOfRows = { manifest: "-", format: "jsonl" } as const;

/** Errors: UserError `InvalidSetting`, `MissingSetting`. */
export function settingsOfArchiveOptions(options: ArchiveOptions): Settings {
  checkNames(options);
  const { rows, manifest, list, format, run } = options;
  const given = Object.entries({ rows, manifest, list: list || undefined }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (given.length === 0) {
    throw new UserError("MissingSetting", "What to archive is missing; say it as one of rows, manifest and list.");
  }
  if (given.length > 1) {
    throw new UserError(
      "InvalidSetting",
      `${given.join(" and ")} are both given; a run archives one or the other: leave out all but one.`,
    );
  }
  if (list && run === undefined) {
    throw new UserError(
      "MissingSetting",
      "A listing has nothing to derive a run id from, and needs run: otherwise tonight's run would be taken for last night's; run: \"nightly-{date}\" would do.",
    );
  }
  if (rows !== undefined && format !== undefined) {
    throw new UserError(
      "InvalidSetting",
      `format ${quote(format)} is given, and rows are no text that has one: leave it out.`,
    );
  }
  const said = Object.fromEntries(settingsOfOptions.map((name) => [name, options[name as keyof ArchiveOptions]]));
  return readSettings({ options: rows === undefined ? said : { ...said, ...settingsOfRows } });
}

/** What a type would have told whoever writes no types. */
function checkNames(options: ArchiveOptions): void {
  const known: readonly string[] = [...settingsOfOptions, ...ports];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const why = (settingNames as readonly string[]).includes(unknown)
    ? "is a setting that a run in one's own process does not have"
    : `is none${nearest(unknown, known) === undefined ? "" : `; perhaps ${nearest(unknown, known)} is meant`}`;
  throw new UserError("InvalidSetting", `Of the options of archiveManifest ${quote(unknown)} ${why}.`);
}
