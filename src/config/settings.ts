/**
 * Every setting there is. Each has one name in three spellings: the flag `--source-region`, the environment variable
 * `ORIGINALS_SOURCE_REGION`, and `source-region` in a `--config` file. Credentials are no settings: they are only ever
 * read from where one of these says that they are (credentials/).
 */
import type { z } from "zod";
import { keyEncodings, manifestFormats } from "../vocabulary/choices.ts";
import { languages } from "../vocabulary/language.ts";
import { logFormats, logLevels } from "../vocabulary/log.ts";
import { archivingSettings } from "./archiving-settings.ts";
import { capSettings } from "./cap-settings.ts";
import { connectionSettings } from "./connection-settings.ts";
import { priceSettings } from "./price-settings.ts";
import { queueSettings } from "./queue-settings.ts";
import { scopeSettings } from "./scope-settings.ts";
import { choice, type Setting, setting } from "./setting.ts";
import { toldSettings } from "./told-settings.ts";
import * as values from "./values.ts";

export const settingTable = {
  source: setting(values.address, {
    group: "first",
    placeholder: "cos://…",
    description:
      "bucket that holds the originals, or its URL (https://BUCKET-APPID.cos.REGION.myqcloud.com/PREFIX); a prefix limits --list, and refuses rows outside it",
    example: "cos://photos-1250000000",
  }),
  archive: setting(values.place, {
    group: "first",
    placeholder: "ADDRESS",
    description:
      "where the originals are archived, cos://… or its URL, s3://BUCKET/PREFIX or file:///FOLDER; the prefix goes before every archive key",
    example: "cos://archive-1250000000/photos/",
  }),
  ledger: setting(values.place, {
    group: "first",
    placeholder: "ADDRESS",
    description: "where runs are recorded (default: .originals/ below --archive)",
    example: "cos://archive-1250000000/.originals/",
  }),
  region: setting(values.region, {
    group: "first",
    placeholder: "REGION",
    description: "region of every bucket that has no region of its own",
    example: "ap-guangzhou",
  }),
  sourceRegion: setting(values.region, {
    group: "places",
    placeholder: "REGION",
    description: "region of --source, where it differs from --region",
    example: "ap-guangzhou",
  }),
  archiveRegion: setting(values.region, {
    group: "places",
    placeholder: "REGION",
    description: "region of --archive and --ledger, where it differs from --region",
    example: "ap-singapore",
  }),
  manifestRegion: setting(values.region, {
    group: "places",
    placeholder: "REGION",
    description: "region of a cos:// manifest, where it differs from that of --source",
    example: "ap-guangzhou",
  }),
  manifest: setting(values.manifest, {
    group: "first",
    placeholder: "FILE",
    description: "the keys to archive: a file, an object as cos://BUCKET-APPID/KEY, or - for standard input",
    example: "manifest.csv",
  }),
  format: setting(values.oneOf(manifestFormats), {
    group: "places",
    placeholder: "FORMAT",
    description: `format of the manifest: ${choice(manifestFormats)} (default: told by its name)`,
    example: "csv",
  }),
  keyEncoding: setting(values.oneOf(keyEncodings), {
    group: "places",
    placeholder: "ENCODING",
    description: `are the keys of the manifest URL-encoded: ${choice(keyEncodings)} (default: what its format says)`,
    example: "raw",
  }),
  list: setting(values.onOff, {
    group: "first",
    description: "archive what a listing of --source finds, instead of a manifest",
    example: "true",
  }),
  minRows: setting(values.count(0, 1_000_000_000), {
    group: "places",
    placeholder: "N",
    description:
      "objects that --list must find in the source, before anything is compared; with fewer nothing is begun",
    example: "1000",
    default: "1",
  }),
  run: setting(values.runName, {
    group: "first",
    placeholder: "ID",
    description:
      "id of the run, in which {date} and {time} stand for those of its begin (UTC); that of one that is not over continues it (default: derived from what is asked)",
    example: "nightly-{date}",
  }),
  again: setting(values.onOff, {
    group: "run",
    description: "with --if-exists overwrite: begin anew what is over, and fetch all of it again",
    example: "true",
  }),
  beside: setting(values.onOff, {
    group: "run",
    description: "begin though another run archives from the same source to the same archive just now",
    example: "true",
  }),
  resume: setting(values.runId, {
    group: "run",
    placeholder: "ID",
    description: "continue this run as its ledger says it was asked; last: the newest run of the ledger",
    example: "nightly-2026-11-22",
  }),
  logFormat: setting(values.oneOf(logFormats), {
    group: "output",
    placeholder: "FORMAT",
    description: `what standard error is written as: ${choice(logFormats)}, each line with its time`,
    example: "json",
  }),
  logLevel: setting(values.oneOf(logLevels), {
    group: "output",
    placeholder: "LEVEL",
    description: `from which level on standard error, or a function's log, is written: ${choice(logLevels)}`,
    example: "warn",
    default: "info",
  }),
  concurrency: setting(values.concurrency, {
    group: "pace",
    placeholder: "N|auto",
    description: "originals under way at once in this process; auto finds by trying how many pay",
    example: "32",
    default: "auto",
  }),
  rate: setting(values.rate, {
    group: "pace",
    placeholder: "N/s",
    description: "budget of source fetches a second, shared by the processes that work the run (COS allows 3000/s)",
    example: "500/s",
  }),
  bwlimit: setting(values.bandwidth, {
    group: "pace",
    placeholder: "SIZE",
    description: "bytes a second that this process fetches, over all that is under way",
    example: "10M",
  }),
  maxInstances: setting(values.count(1, 10_000), {
    group: "pace",
    placeholder: "N",
    description: "processes that may work at the same time: one that knows of no other takes --rate ÷ N",
    example: "10",
    default: "1",
  }),
  csvSafe: setting(values.onOff, {
    group: "output",
    description:
      "in the results CSV put an apostrophe before what a spreadsheet would take for a formula (keys that begin with = + - @)",
    example: "true",
  }),
  lang: setting(values.oneOf(languages), {
    group: "output",
    placeholder: "LANGUAGE",
    description: `language of what people read, the report among it: ${choice(languages)} (default: what LANG says)`,
    example: "zh",
  }),
  ...archivingSettings,
  ...connectionSettings,
  ...queueSettings,
  ...toldSettings,
  ...scopeSettings,
  ...capSettings,
  ...priceSettings,
} as const satisfies Record<string, Setting<unknown>>;

/** The name of a setting, as the values have it: `sourceRegion` is `--source-region`, ORIGINALS_SOURCE_REGION. */
export type SettingName = keyof typeof settingTable;

type ValueOf<Name extends SettingName> = z.output<(typeof settingTable)[Name]["schema"]>;

/** Every setting's value, read and checked; those that have no default may be undefined. */
export type SettingValues = {
  readonly [Name in SettingName as (typeof settingTable)[Name] extends { default: string }
    ? Name
    : never]: ValueOf<Name>;
} & {
  readonly [Name in SettingName as (typeof settingTable)[Name] extends { default: string }
    ? never
    : Name]?: ValueOf<Name>;
};

export const settingNames = Object.keys(settingTable) as readonly SettingName[];

/** `sourceRegion` → `source-region`, its name in a file. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `sourceRegion` → `--source-region`. */
export function flagOf(name: SettingName): string {
  return `--${kebab(name)}`;
}

/** `sourceRegion` → `ORIGINALS_SOURCE_REGION`. */
export function variableOf(name: SettingName): string {
  return `ORIGINALS_${kebab(name).replaceAll("-", "_").toUpperCase()}`;
}
