/**
 * Writes CSV (RFC 4180, lines end with LF). Values are written as they are: a key is data, and one that begins with `=` or `@` is
 * not altered to please a spreadsheet, since it could not be read back. Import such a file as text.
 */

/** One field; undefined is an empty one. */
export function csvField(value: string | number | boolean | undefined): string {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One record, its line end included. */
export function csvLine(values: readonly (string | number | boolean | undefined)[]): string {
  return `${values.map(csvField).join(",")}\n`;
}
