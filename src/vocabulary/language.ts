/** The languages that people may read in. What scripts read, and the log, is English in all of them. */
export const languages = ["en", "zh"] as const;
export type Language = (typeof languages)[number];

/** What an environment asks for: `zh_CN.UTF-8` is Chinese, all that is not known is English. @param LC_ALL, LC_MESSAGES and LANG, as they are */
export function languageOf(...said: readonly (string | undefined)[]): Language {
  const first = said.find((one) => one !== undefined && one !== "");
  return first !== undefined && /^zh\b|^zh_/i.test(first) ? "zh" : "en";
}
