/** Where settings come from: options of the library, flags, environment, config file, defaults, the strongest first. */
import { quote, UserError } from "../vocabulary/errors.ts";
import { type BucketUrl, readBucketUrl } from "./bucket-url.ts";
import type { ConfigFile } from "./file.ts";
import { nearest } from "./nearest.ts";
import type { Setting } from "./setting.ts";
import {
  flagOf,
  kebab,
  type SettingName,
  type SettingValues,
  settingNames,
  settingTable,
  variableOf,
} from "./settings.ts";

/** Every setting's value, and where it came from; made by readSettings. */
export interface Settings {
  readonly values: SettingValues;
  /** Did the user say it (by flag, environment or file), rather than a default? */
  readonly given: (name: SettingName) => boolean;
  /**
   * The setting as the user gave it, for messages: `--region "x"`, `ORIGINALS_REGION "x"`, `region "x" in originals.yaml`;
   * `--region` alone where it was not given.
   */
  readonly said: (name: SettingName) => string;
}

/** Where settings come from, the strongest first; each may be absent. */
export interface SettingsSources {
  /** Of the library, by name, as a program gives them: numbers as numbers, a switch as true or false; undefined says nothing. */
  readonly options?: Readonly<Partial<Record<SettingName, unknown>>>;
  /** Values of flags by name, as commander collects them; a switch is true or false. */
  readonly flags?: Readonly<Partial<Record<SettingName, string | boolean | readonly string[]>>>;
  /** Variables named `ORIGINALS_…`, as process.env holds them; an empty one says nothing. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What readConfigFile read. */
  readonly file?: ConfigFile | undefined;
}

/**
 * Settings from flags before environment before config file before defaults; docs/cli.md lists them. Whether they fit together is for who
 * uses them to say.
 *
 * @throws UserError `InvalidSetting`: one sentence that quotes the value and names the setting in the form the user used.
 *
 * @example
 * ```ts
 * import { readSettings } from "cos-originals";
 *
 * const { values, given } = readSettings({
 *   environment: { ORIGINALS_SOURCE: "cos://photos-1250000000", ORIGINALS_CONCURRENCY: "8" },
 *   flags: { region: "ap-guangzhou" },
 * });
 * console.log(values.region, values.concurrency, given("rate")); // prints ap-guangzhou 8 false
 * ```
 */
export function readSettings({ options = {}, flags = {}, environment = {}, file }: SettingsSources): Settings {
  const values: Partial<Record<SettingName, unknown>> = {};
  const said = new Map<SettingName, string>();
  const urls = new Map<UrlSetting, BucketUrl>();

  for (const name of settingNames) {
    const setting: Setting<unknown> = settingTable[name];
    const from = find(name);
    if (from === undefined) {
      if (setting.default !== undefined) values[name] = setting.schema.parse(setting.default);
      continue;
    }
    said.set(name, from.said);
    const refuse = (why: string) =>
      new UserError(
        "InvalidSetting",
        // One that brings what to write instead needs no other.
        `${from.said} ${why}${/ file:\/\/\S+$/.test(why) ? "" : `; ${from.example(setting.example)} would do`}.`,
      );
    const url = isUrlSetting(name) ? readBucketUrl(from.text) : undefined;
    if (url !== undefined && "fault" in url) throw refuse(url.fault);
    if (url !== undefined) urls.set(name as UrlSetting, url);
    const parsed = setting.schema.safeParse(url?.address ?? from.text);
    if (!parsed.success) throw refuse(parsed.error.issues[0]?.message ?? "is not valid");
    values[name] = parsed.data;
  }
  for (const [name, { region }] of urls) {
    if (region === undefined) continue;
    const of = regionOf[name];
    if (values[of] !== undefined && values[of] !== region) {
      const other = `${said.get(of) ?? flagOf(of)}`;
      throw new UserError(
        "InvalidSetting",
        `${said.get(name)} is in ${region}, and ${other} says otherwise; leave out one of the two.`,
      );
    }
    values[of] = region;
  }

  return {
    values: values as SettingValues,
    given: (name) => said.has(name),
    said: (name) => said.get(name) ?? flagOf(name),
  };

  function find(name: SettingName): { text: string; said: string; example: (value: string) => string } | undefined {
    const option = options[name];
    const setting: Setting<unknown> = settingTable[name];
    const shown = (text: string) => quote((setting.shown ?? withoutSecrets)(text));
    if (option !== undefined) {
      const text = Array.isArray(option) ? option.join(",") : String(option);
      const said = `${name} ${typeof option === "string" ? shown(option) : quote(option)}`;
      return { text, said, example: (value) => `${name}: ${quote(value)}` };
    }
    const flag = flags[name];
    if (flag !== undefined) {
      const text = Array.isArray(flag) ? flag.join(",") : String(flag);
      const said = typeof flag === "boolean" ? flagOf(name) : `${flagOf(name)} ${shown(text)}`;
      return { text, said, example: (value) => `${flagOf(name)} ${shellWord(value)}` };
    }
    const variable = variableOf(name);
    const fromEnvironment = environment[variable];
    // Deployment templates write `${env:X, ''}`: an empty variable says nothing.
    if (fromEnvironment !== undefined && fromEnvironment !== "") {
      return {
        text: fromEnvironment,
        said: `${variable} ${shown(fromEnvironment)}`,
        example: (value) => `${variable}=${shellWord(value)}`,
      };
    }
    const fromFile = file?.texts.get(name);
    if (file !== undefined && fromFile !== undefined) {
      return {
        text: fromFile,
        said: `${kebab(name)} ${shown(fromFile)} in ${file.path}`,
        example: (value) => `${kebab(name)}: ${quote(value)}`,
      };
    }
    return undefined;
  }
}

/** Without the password that someone wrote into a URL, and the signature that one was copied with. */
function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/@]*@/g, "//…@").replace(/\?\S*(?:q-sign|x-amz-|sign=|token=)\S*/i, "?…");
}

/** Settings that may name a place in COS by its URL, and where the region goes that its host says. */
const regionOf = { source: "sourceRegion", archive: "archiveRegion", manifest: "manifestRegion" } as const;
type UrlSetting = keyof typeof regionOf;
const isUrlSetting = (name: SettingName): name is UrlSetting => Object.hasOwn(regionOf, name);

function shellWord(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

/** One sentence for each setting that is given, and nothing comes of it, as the one is not given that it belongs to. */
export function idleSettings({ values, given, said }: Settings): readonly string[] {
  return settingNames.flatMap((name) => {
    const { onlyWith }: Setting<unknown> = settingTable[name];
    if (onlyWith === undefined || !given(name)) return [];
    const [other, value] = onlyWith as readonly [SettingName, string];
    return values[other] === value ? [] : [`${said(name)} has no effect without ${flagOf(other)} ${value}.`];
  });
}

/** Names of credentials in the environment, which begin like settings and are none. */
const credentialVariables = /^ORIGINALS_([A-Z]+_(SECRETID|SECRETKEY|SESSIONTOKEN)|((ARCHIVE|WEBHOOK)_)?SECRET)$/;

/** One sentence for each `ORIGINALS_…` variable that is no setting, most likely a misspelt one. */
export function misspeltVariables(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = settingNames.map(variableOf);
  return Object.keys(environment)
    .filter((name) => name.startsWith("ORIGINALS_") && !known.includes(name) && !credentialVariables.test(name))
    .sort()
    .map((name) => {
      const hint = nearest(name, known);
      return `The environment variable ${name} is no setting and has no effect${hint === undefined ? "" : `; perhaps ${hint} is meant`}.`;
    });
}
