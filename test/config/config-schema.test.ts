/** What editors check a config by is what the program takes. Would catch: a setting that the shipped schema does not know. */
import { describe, expect, test } from "vitest";
import type { Setting } from "../../src/config/setting.ts";
import { kebab, settingNames, settingTable } from "../../src/config/settings.ts";
import { configSchema } from "./config-schema.ts";

interface Checked {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly anyOf?: readonly Checked[];
  readonly items?: Checked;
}

/** As far as these schemas go. */
function takes({ type, enum: words, pattern, anyOf, items }: Checked, value: unknown): boolean {
  if (anyOf !== undefined) return anyOf.some((each) => takes(each, value));
  if (words !== undefined && !words.includes(value)) return false;
  if (type === "array") return Array.isArray(value) && value.every((item) => takes(items ?? {}, item));
  if (type !== undefined && typeof value !== type) return false;
  return pattern === undefined || typeof value !== "string" || new RegExp(pattern, "u").test(value);
}

const properties = configSchema().properties as Readonly<
  Record<string, Checked & { readonly examples: readonly unknown[]; readonly default?: unknown }>
>;

describe("the JSON schema of a config file", () => {
  test("is the one that is shipped (after a change: npx vitest run test/config/config-schema.test.ts -u)", async () => {
    await expect(`${JSON.stringify(configSchema(), undefined, 2)}\n`).toMatchFileSnapshot(
      "../../docs/config.schema.json",
    );
  });

  test("knows every setting, and takes its example and its default", () => {
    expect(Object.keys(properties)).toEqual(settingNames.map(kebab));
    for (const name of settingNames) {
      const property = properties[kebab(name)] as (typeof properties)[string];
      for (const example of property.examples) expect(takes(property, example), `${name}: ${example}`).toBe(true);
      if (property.default !== undefined) expect(takes(property, property.default), name).toBe(true);
      const { example }: Setting<unknown> = settingTable[name];
      expect(takes(property, example), name).toBe(true);
    }
  });

  test.each([
    ["if-exists", "sometimes"],
    ["list", "perhaps"],
    ["region", 7],
    ["min-rows", "-1"],
    ["source", "photos"],
    ["include", [7]],
  ])("refuses %s: %s", (name, value) => {
    expect(takes(properties[name] as Checked, value)).toBe(false);
  });

  test.each([
    ["include", ["*.jpg", "*.png"]],
    ["source", "https://photos-1250000000.cos.ap-guangzhou.myqcloud.com/2026/"],
    ["concurrency", 8],
    ["concurrency", "auto"],
    ["list", true],
    ["list", "yes"],
    ["max-cost", 20.5],
  ])("takes %s: %j", (name, value) => {
    expect(takes(properties[name] as Checked, value)).toBe(true);
  });
});
