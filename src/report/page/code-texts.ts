/** What a code means and what a person does about it, as a page says it. */

import { entryOf } from "../../vocabulary/codes/catalogue.ts";
import type { Effect } from "../../vocabulary/codes/entry.ts";
import type { Language } from "../../vocabulary/language.ts";

export interface CodeText {
  readonly means: string;
  readonly advice?: string | undefined;
}

/** In the reader's language; undefined of a code that is in no catalogue. */
export type TextOf = (code: string) => CodeText | undefined;

export const englishTextOf: TextOf = entryOf;

/** Of a language; what is not English is read when it is asked for, so that who never does pays nothing for it. */
export async function textOfLanguage(language: Language | undefined): Promise<TextOf> {
  return language === "zh" ? (await import("../../vocabulary/codes/zh/catalogue.ts")).textOf : englishTextOf;
}

/** Rows that a redrive leaves out. */
const hopeless: ReadonlySet<string> = new Set(["InvalidRow", "ArchiveKeyCollision"]);
export const isHopeless = (code: string): boolean => hopeless.has(code);

export const effectOfCode = (code: string): Effect | undefined => entryOf(code)?.effect;
