/**
 * `cos-originals.yaml` in the working folder, taken without being named where somebody sits at the terminal and is told so. Whoever made the
 * folder (a clone, an archive) may not be who runs the command there, so such a file may say what is archived and how, but not
 *
 * - who is spoken to: endpoints, plain http, queues, webhooks, pings. Requests are signed by the credentials of the environment, and webhooks by its secret;
 * - what others may have done (`allow`);
 * - files outside its folder: the lines of a manifest become keys of requests, and an archive in a folder is written to.
 *
 * Without a terminal nobody reads what a folder happens to hold: a schedule would change with it.
 */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { type ConfigFile, readConfigFile } from "../../../config/file.ts";
import type { Setting } from "../../../config/setting.ts";
import { kebab, type SettingName, settingTable } from "../../../config/settings.ts";
import { quote, UserError } from "../../../vocabulary/errors.ts";
import type { Terminal } from "../terminal/terminal.ts";

export const foundName = "cos-originals.yaml";

/** @throws UserError `InvalidConfig` */
export async function foundConfig(
  terminal: Pick<Terminal, "seated" | "note">,
  folder: string,
): Promise<ConfigFile | undefined> {
  const path = join(folder, foundName);
  if (!existsSync(path)) return undefined;
  if (!terminal.seated) {
    terminal.note(`${foundName} in this folder is not read without a terminal; --config ${foundName} reads it.`);
    return undefined;
  }
  const file = { ...(await readConfigFile(path)), path: foundName };
  for (const [name, text] of file.texts) {
    const why = refusal(name, text, folder);
    if (why === undefined) continue;
    throw new UserError(
      "InvalidConfig",
      `The config file ${quote(foundName)} was found in this folder and not named, and so may not say ${kebab(name)}, which ${why}; where it is meant, say --config ${foundName}.`,
    );
  }
  const names = [...file.texts.keys()].map(kebab).join(", ");
  terminal.note(`Settings are from ${foundName} in this folder${names === "" ? ", which has none" : `: ${names}`}.`);
  return file;
}

function refusal(name: SettingName, text: string, folder: string): string | undefined {
  const setting: Setting<unknown> = settingTable[name];
  if (setting.onlyNamed) return "says who is spoken to, or what others may have done";
  const path = pathOf(name, text);
  return path === undefined || liesIn(folder, path) ? undefined : `names ${quote(text)} outside the folder`;
}

/** The file or folder of this machine that a setting names. */
function pathOf(name: SettingName, text: string): string | undefined {
  if (name === "archive" || name === "ledger")
    return text.startsWith("file://") ? text.slice("file://".length) : undefined;
  const isFile = name === "manifest" || name === "except" || name === "findings";
  return !isFile || text === "-" || text.startsWith("cos://") ? undefined : text;
}

/** Links are followed as far as the path is there. */
function liesIn(folder: string, path: string): boolean {
  const within = relative(realpathSync(folder), real(resolve(folder, path)));
  return (
    within !== ".." && !within.startsWith("../") && !within.startsWith("..\\") && !/^([A-Za-z]:|[\\/])/.test(within)
  );
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(real(above), relative(above, path));
  }
}
