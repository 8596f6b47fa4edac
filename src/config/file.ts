/** A `--config` file, read. What takes its text apart (file-text.ts) is imported where there is one, as YAML takes long to import. */
import { readFile } from "node:fs/promises";
import { ensureError, quote, UserError } from "../vocabulary/errors.ts";
import type { SettingName } from "./settings.ts";

/** A config file as readConfigFile read it, for readSettings. */
export interface ConfigFile {
  readonly path: string;
  /** The values as the file writes them. */
  readonly texts: ReadonlyMap<SettingName, string>;
}

/**
 * Reads and checks a `--config` file: YAML or JSON, one level of `name: value`, names as the flags have them.
 *
 * @throws UserError `InvalidConfig`: one sentence that names the file and what is wrong with it.
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (thrown) {
    const cause = ensureError(thrown);
    const code = "code" in cause ? cause.code : undefined;
    const why =
      code === "ENOENT"
        ? "there is no such file"
        : code === "EISDIR"
          ? "it is a directory"
          : code === "EACCES"
            ? "you may not read it"
            : cause.message;
    throw new UserError("InvalidConfig", `The config file ${quote(path)} can't be read: ${why}.`, { cause });
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UserError("InvalidConfig", `The config file ${quote(path)} is not UTF-8 text.`, { cause });
  }
  const { parseConfig } = await import("./file-text.ts");
  return { path, texts: parseConfig(path, text) };
}
