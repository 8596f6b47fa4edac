/**
 * Every setting there is. Each has one name in three spellings: the flag `--source-region`, the environment variable
 * `ORIGINALS_SOURCE_REGION`, and `source-region` in a `--config` file. Credentials are no settings: they are only ever
 * read from the environment (credentials/).
 */
import type { z } from "zod";
import { originForms } from "../policy/credentials/origin.ts";
import {
  archivedClassChoices,
  encryptions,
  expectations,
  ifChangedChoices,
  ifExistsChoices,
  keyEncodings,
  manifestFormats,
  proofFloors,
  restoreTiers,
  storageClasses,
} from "../vocabulary/choices.ts";
import { languages } from "../vocabulary/language.ts";
import { mostRestoreDays } from "../vocabulary/limits.ts";
import { logFormats, logLevels } from "../vocabulary/log.ts";
import { capSettings } from "./cap-settings.ts";
import { priceSettings } from "./price-settings.ts";
import { scopeSettings } from "./scope-settings.ts";
import { choice, type Setting, setting } from "./setting.ts";
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
  endpoint: setting(values.endpoint, {
    group: "connection",
    onlyNamed: true,
    placeholder: "TEMPLATE",
    description:
      "what to dial instead of https://{bucket}.cos.{region}.myqcloud.com; without {bucket}, dialled as it is",
    example: "https://{bucket}.cos-internal.{region}.tencentcos.cn",
  }),
  sourceEndpoint: setting(values.endpoint, {
    group: "connection",
    onlyNamed: true,
    placeholder: "TEMPLATE",
    description: "--endpoint of --source and of a cos:// manifest alone",
    example: "https://{bucket}.cos-internal.{region}.tencentcos.cn",
  }),
  archiveEndpoint: setting(values.endpoint, {
    group: "connection",
    onlyNamed: true,
    placeholder: "TEMPLATE",
    description: "--endpoint of --archive and --ledger alone",
    example: "https://{bucket}.cos-internal.{region}.tencentcos.cn",
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
  ping: setting(values.pingUrl, {
    group: "told",
    onlyNamed: true,
    placeholder: "URL",
    description:
      "a dead man's switch: is told that the run begins (URL/start), and that it ended well (URL) or not (URL/fail)",
    example: "https://hc-ping.com/CHECK",
  }),
  stats: setting(values.interval, {
    group: "told",
    placeholder: "TIME",
    description: "a line on standard error every so often that says how far it is, with or without a terminal",
    example: "1m",
  }),
  listen: setting(values.listen, {
    group: "told",
    onlyNamed: true,
    placeholder: "HOST:PORT",
    description: "answer /healthz, /readyz and /metrics there; a port alone is of 127.0.0.1, which nobody else reaches",
    example: "127.0.0.1:9464",
  }),
  metricsFile: setting(values.file, {
    group: "told",
    onlyNamed: true,
    placeholder: "FILE",
    description: "write metrics at the end to this file, for node_exporter's textfile folder: NAME.prom",
    example: "/var/lib/node_exporter/originals.prom",
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
  shardSize: setting(values.count(1, 10_000), {
    group: "how",
    placeholder: "N",
    description: "rows a shard, the unit of delivery",
    example: "1000",
    default: "1000",
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
  archiveKey: setting(values.archiveKey, {
    group: "how",
    placeholder: "TEMPLATE",
    description: "archive key of an original, after the prefix of --archive",
    example: "{key}",
    default: "{key}",
  }),
  ifExists: setting(values.oneOf(ifExistsChoices), {
    group: "how",
    placeholder: "WHAT",
    description: `where the archive key exists: ${choice(ifExistsChoices)}; skip asks whether it is this original, keep does not`,
    example: "skip",
    default: "skip",
  }),
  ifChanged: setting(values.oneOf(ifChangedChoices), {
    group: "how",
    placeholder: "WHAT",
    description: `where an original changed after the manifest was made: ${choice(ifChangedChoices)}`,
    example: "archive",
    default: "archive",
  }),
  archivedClass: setting(values.oneOf(archivedClassChoices), {
    group: "how",
    placeholder: "WHAT",
    description: `what becomes of originals in an archive class that are not restored: ${choice(archivedClassChoices)}`,
    example: "skip",
    default: "fail",
  }),
  restoreTier: setting(values.oneOf(restoreTiers), {
    group: "how",
    placeholder: "TIER",
    description: `with --archived-class restore, how fast and at which price: ${choice(restoreTiers)}`,
    example: "Bulk",
    default: "Standard",
  }),
  restoreDays: setting(values.count(1, mostRestoreDays), {
    group: "how",
    placeholder: "DAYS",
    description: "with --archived-class restore, how long the restored copies are kept",
    example: "3",
    default: "3",
  }),
  history: setting(values.history, {
    group: "how",
    placeholder: "PREFIX",
    description:
      "copy what a run would replace in the archive out of the way first, to this folder of keys in the archive's bucket; only then it is replaced",
    example: "history/",
  }),
  storageClass: setting(values.oneOf(storageClasses), {
    group: "how",
    placeholder: "CLASS",
    description: `storage class of what is archived: ${choice(storageClasses)}`,
    example: "STANDARD_IA",
  }),
  encryption: setting(values.oneOf(encryptions), {
    group: "how",
    placeholder: "HOW",
    description: `server-side encryption of what is archived: ${choice(encryptions)}`,
    example: "AES256",
  }),
  csvSafe: setting(values.onOff, {
    group: "output",
    description:
      "in the results CSV put an apostrophe before what a spreadsheet would take for a formula (keys that begin with = + - @)",
    example: "true",
  }),
  maxFailures: setting(values.maxFailures, {
    group: "how",
    placeholder: "N|P%",
    description: "failed rows beyond which the run halts",
    example: "5%",
  }),
  proof: setting(values.oneOf(proofFloors), {
    group: "how",
    placeholder: "PROOF",
    description: `the weakest proof of identity that will do: ${choice(proofFloors)}`,
    example: "auto",
    default: "auto",
  }),
  expect: setting(values.oneOf(expectations), {
    group: "how",
    placeholder: "WHENCE",
    description: `whence it is known what an original is: ${choice(expectations)}; get trusts the fetch's own headers`,
    example: "auto",
    default: "auto",
  }),
  findings: setting(values.file, {
    group: "how",
    placeholder: "FILE",
    description: "what doctor --probe --json found out about the source",
    example: "findings.json",
  }),
  maxAttempts: setting(values.count(1, 100), {
    group: "how",
    placeholder: "N",
    description: "tries of one original over the whole run",
    example: "5",
    default: "5",
  }),
  credentialsFrom: setting(values.credentialsFrom, {
    group: "connection",
    onlyNamed: true,
    placeholder: "WHERE",
    description: `where credentials for COS are: ${originForms} (default: the environment, else the files of Tencent's tools)`,
    example: "role",
  }),
  archiveCredentialsFrom: setting(values.credentialsFrom, {
    group: "connection",
    onlyNamed: true,
    placeholder: "WHERE",
    description: "those of --archive and --ledger, where they are in another account",
    example: "file:/etc/cos-originals/archive.json",
  }),
  allowHttp: setting(values.hosts, {
    group: "connection",
    onlyNamed: true,
    placeholder: "HOST",
    description: "host that may be dialled by plain http (loopback always may)",
    example: "cos.intranet.example",
    repeatable: true,
  }),
  allow: setting(values.allow, {
    group: "queue",
    onlyNamed: true,
    placeholder: "PLACES",
    description:
      "places that a message may name as source, archive, ledger, manifest or history, and who it may have told (events, notify), with * for any part (default: those that the settings name)",
    example: "archive=cos://archive-*/photos/",
    repeatable: true,
  }),
  events: setting(values.target, {
    group: "told",
    onlyNamed: true,
    placeholder: "TARGET",
    description: "who is told of each object that is archived: a webhook (https://…), sqs:URL or tdmq:URL",
    example: "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/pictures",
  }),
  notify: setting(values.target, {
    group: "told",
    onlyNamed: true,
    placeholder: "TARGET",
    description:
      "who is told that a run ended, was stopped, or was refused: a webhook (https://…), sqs:URL or tdmq:URL",
    example: "https://hooks.example.com/originals",
  }),
  queue: setting(values.queue, {
    group: "queue",
    onlyNamed: true,
    placeholder: "QUEUE",
    description: "the queue that carries the work: sqs:URL or tdmq:URL",
    example: "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/originals",
  }),
  deadLetterQueue: setting(values.deadLetterQueue, {
    group: "queue",
    onlyNamed: true,
    placeholder: "QUEUE",
    description:
      "where messages go that can never be worked, each with the reason: sqs:URL or tdmq:URL (default: what the RedrivePolicy of --queue names)",
    example: "sqs:https://sqs.us-east-1.amazonaws.com/123456789012/originals-dead-letters",
  }),
  visibility: setting(values.count(30, 43_200), {
    group: "queue",
    placeholder: "SECONDS",
    description:
      "how long the queue hides a message while it is worked; of a TDMQ queue, which can't extend it, its own setting",
    example: "300",
    default: "300",
  }),
  lang: setting(values.oneOf(languages), {
    group: "output",
    placeholder: "LANGUAGE",
    description: `language of what people read, the report among it: ${choice(languages)} (default: what LANG says)`,
    example: "zh",
  }),
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
