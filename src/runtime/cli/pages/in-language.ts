/** What codes mean in the reader's language, for the pages that a command writes; read only where it is not English. */
import type { TextOf } from "../../../report/page/code-texts.ts";
import type { Surroundings } from "../../../run/surroundings/surroundings.ts";
import type { Language } from "../../../vocabulary/language.ts";

export async function textOfLanguage(language: Language | undefined): Promise<TextOf | undefined> {
  if (language !== "zh") return undefined;
  return (await import("../../../vocabulary/codes/zh/catalogue.ts")).textOf;
}

/** The same surroundings, which know it. */
export async function inLanguage<S extends Surroundings>(surroundings: S): Promise<S> {
  const textOf = await textOfLanguage(surroundings.settings.language);
  return textOf === undefined ? surroundings : { ...surroundings, settings: { ...surroundings.settings, textOf } };
}
