/** The XML of replies, written by hand for speed. */

/** Characters XML 1.0 cannot hold are written as references all the same: a listing with encoding-type=url has none. */
export function escapeXml(text: string): string {
  if (!/[&<>]|(?![\n\t])[\p{Cc}\uFFFE\uFFFF]/u.test(text)) return text;
  return text.replace(/[&<>]|(?![\n\t])[\p{Cc}\uFFFE\uFFFF]/gu, (character) => {
    if (character === "&") return "&amp;";
    if (character === "<") return "&lt;";
    if (character === ">") return "&gt;";
    return `&#x${character.charCodeAt(0).toString(16)};`;
  });
}

export const xmlHead = "<?xml version='1.0' encoding='utf-8' ?>";
