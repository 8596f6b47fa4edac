/** The JSON schema of a config file, made from the table of settings: for editors, which complete and check by it. */
import * as z from "zod";
import type { Setting } from "../../src/config/setting.ts";
import { kebab, settingNames, settingTable } from "../../src/config/settings.ts";

type Schema = Readonly<Record<string, unknown>>;

const switches = ["true", "false", "yes", "no", "on", "off", "1", "0"];
const urls = ["source", "archive", "manifest"];
const isNumber = (text: string) => /^\d+(\.\d+)?$/.test(text);

export function configSchema(): Schema {
  const properties = Object.fromEntries(
    settingNames.map((name) => [kebab(name), propertyOf(name, settingTable[name])]),
  );
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Settings of cos-originals",
    description:
      "cos-originals.yaml, or what --config names. Credentials are no settings: they are read from the environment.",
    type: "object",
    properties,
    additionalProperties: false,
  };
}

function propertyOf(name: string, setting: Setting<unknown>): Schema {
  const { description, example, default: standard, placeholder, repeatable } = setting;
  const one = placeholder === undefined ? { anyOf: [{ type: "boolean" }, { enum: switches }] } : formsOf(name, setting);
  const several = repeatable ? { anyOf: [one, { type: "array", items: one, minItems: 1 }] } : one;
  const shown = (text: string) => (placeholder === undefined ? text === "true" : isNumber(text) ? Number(text) : text);
  return {
    description,
    ...several,
    ...(standard === undefined ? {} : { default: shown(standard) }),
    examples: [shown(example)],
  };
}

/** What zod knows of the text; a number may be written without quotes. */
function formsOf(name: string, { schema, example, default: standard }: Setting<unknown>): Schema {
  const { $schema: _, ...text } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  const forms: Schema[] = [text];
  if (urls.includes(name)) forms.push({ type: "string", pattern: "^https://" });
  if ([example, standard].some((value) => value !== undefined && isNumber(value)))
    forms.push({ type: "number", minimum: 0 });
  return forms.length === 1 ? text : { anyOf: forms };
}
