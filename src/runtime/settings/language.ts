/** The language that people read in: as the settings say, else as the environment does. */
import type { Settings } from "../../config/read.ts";
import type { Environment } from "../../credentials/credentials.ts";
import { type Language, languageOf } from "../../vocabulary/language.ts";

export const languageSaid = ({ values }: Pick<Settings, "values">, environment: Environment): Language =>
  values.lang ?? languageOf(environment.LC_ALL, environment.LC_MESSAGES, environment.LANG);
