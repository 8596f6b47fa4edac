/** The words of the pages that people read, in the language that they read. */
import type { Language } from "../../vocabulary/language.ts";
import { english, type Words } from "./en.ts";
import { chinese } from "./zh.ts";

export type { Words };

export const wordsOf = (language: Language): Words => (language === "zh" ? chinese : english);
