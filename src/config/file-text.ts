/** The text of a `--config` file: YAML or JSON (which YAML contains), one level of `name: value`. */
import { LineCounter, parseDocument } from "yaml";
import { ensureError, quote, UserError } from "../vocabulary/errors.ts";
import { nearest } from "./nearest.ts";
import { peerSentence } from "./peer-flags.ts";
import type { Setting } from "./setting.ts";
import { flagOf, kebab, type SettingName, settingNames, settingTable, variableOf } from "./settings.ts";

/** `text` of the config file `path`, taken apart. */
export function parseConfig(path: string, text: string): ReadonlyMap<SettingName, string> {
  const refuse = (why: string) => new UserError("InvalidConfig", `The config file ${quote(path)} ${why}.`);
  const lines = new LineCounter();
  // The failsafe schema reads every scalar as it is written: `run: 007` stays 007, `key-encoding: no` stays "no".
  const document = parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false });
  const wrong = document.errors[0];
  if (wrong !== undefined) {
    const { line, col } = lines.linePos(wrong.pos[0]);
    throw refuse(`is neither YAML nor JSON: line ${line}, column ${col}: ${wrong.message.replace(/\.$/, "")}`);
  }
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw refuse(`can't be used: ${ensureError(cause).message.replace(/\.$/, "")}`);
  }
  const texts = new Map<SettingName, string>();
  if (content === null || content === "") return texts;
  if (typeof content !== "object" || Array.isArray(content)) throw refuse("does not hold `name: value` lines");
  for (const [key, value] of Object.entries(content)) {
    const name = settingNames.find((known) => kebab(known) === key);
    if (name === undefined) {
      const theirs = peerSentence(`--${key}`);
      const hint = nearest(key, settingNames.map(kebab));
      const meant = theirs ?? (hint === undefined ? undefined : `did you mean ${quote(hint)}`);
      throw refuse(`holds ${quote(key)}, which is no setting${meant === undefined ? "" : `; ${meant}`}`);
    }
    const said = textOf(name, value, refuse);
    const setting: Setting<unknown> = settingTable[name];
    if (setting.startsProgram?.(said)) {
      const instead = `say it as ${flagOf(name)}, or in ${variableOf(name)}`;
      throw refuse(`names a command for ${kebab(name)}, and no config file may start a program: ${instead}`);
    }
    texts.set(name, said);
  }
  return texts;
}

function textOf(name: SettingName, value: unknown, refuse: (why: string) => UserError): string {
  if (typeof value === "string" && value !== "") return value;
  const several = "repeatable" in settingTable[name] && Array.isArray(value) && value.length > 0;
  if (several && value.every((item) => typeof item === "string" && item !== "")) return value.join(",");
  if (value === "" || value === null)
    throw refuse(`gives no value for ${kebab(name)}; leave the line out, or complete it`);
  throw refuse(`gives ${kebab(name)} the value ${quote(value)}, where one plain value is expected`);
}
