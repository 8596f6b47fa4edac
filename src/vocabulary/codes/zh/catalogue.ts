/**
 * The catalogue of codes in Chinese, beside the English of ../catalogue.ts, which decides what follows. Whoever prints it imports it when it is
 * asked for: most never are.
 */
import type { Code } from "../catalogue.ts";
import { folderTexts } from "./folder-texts.ts";
import { rowTexts } from "./row-texts.ts";
import { serviceTexts } from "./service-texts.ts";
import type { Text, Texts } from "./text.ts";
import { transportTexts } from "./transport-texts.ts";
import { usageTexts } from "./usage-texts.ts";

export const texts: Texts<Code> = { ...rowTexts, ...serviceTexts, ...folderTexts, ...transportTexts, ...usageTexts };

/** Undefined for what nobody here knows, as of entryOf. */
export function textOf(code: string): Text | undefined {
  return Object.hasOwn(texts, code) ? texts[code as Code] : undefined;
}
