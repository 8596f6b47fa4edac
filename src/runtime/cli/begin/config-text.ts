/** A config file as `init` writes it, and where its JSON schema lies. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { kebab, type SettingName } from "../../../config/settings.ts";

/** Settings as a config file has them, by name. */
export type Texts = ReadonlyMap<SettingName, string>;

export function configText(texts: Texts, schema: string | undefined): string {
  return [
    ...(schema === undefined ? [] : [`# yaml-language-server: $schema=${schema}`]),
    "# Settings of cos-originals by the names of its flags: cos-originals run --help tells all of them.",
    "# No credentials: those are TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY in the environment.",
    ...[...texts].map(([name, text]) => `${kebab(name)}: ${scalar(text)}`),
    "",
  ].join("\n");
}

/** Plain where YAML can't take it for anything else, else as JSON writes it, which YAML reads. */
function scalar(text: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9_./{}+-]*(?::\/\/[A-Za-z0-9_./{}+-]+)?$/.test(text) ? text : JSON.stringify(text);
}

const inPackage = "docs/config.schema.json";

/**
 * The schema for a config in `folder`: of the package that is installed there, by a path that others with the same folder have too; else of the package
 * that runs. Undefined where that has none.
 */
export function schemaFor(folder: string): string | undefined {
  const installed = `node_modules/cos-originals/${inPackage}`;
  if (existsSync(join(folder, installed))) return `./${installed}`;
  const own = packageFolder();
  const path = own === undefined ? undefined : join(own, inPackage);
  return path !== undefined && existsSync(path) ? path : undefined;
}

/** The folder of the package that this file is part of, built or not. */
function packageFolder(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (!existsSync(file)) continue;
    const { name }: { readonly name?: string } = JSON.parse(readFileSync(file, "utf8"));
    if (name === "cos-originals") return folder;
  }
  return undefined;
}
