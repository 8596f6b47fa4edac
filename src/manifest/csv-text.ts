/**
 * Writes CSV (RFC 4180, lines end with LF). Values are written as they are: a key is data, and one that begins with `=` or `@` is
 * not altered to please a spreadsheet, since it could not be read back, unless that is asked for of a file that is none to be read back.
 */

/** One field; undefined is an empty one. */
export function csvField(value: string | number | boolean | undefined): string {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Where a spreadsheet begins a cell with what makes it a formula (OWASP, "CSV Injection"; full-width forms among it): at the beginning, and behind
 * what one that separates otherwise takes for the end of a cell. A quote there may hide the beginning.
 */
const FORMULAS = /^(?=[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20])|(?<=[;\t\r\n])(?=["=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20])/g;

/** One field in which no spreadsheet finds a formula, for there is an apostrophe before it: a text is not what it was then. */
export function safeCsvField(value: string | number | boolean | undefined): string {
  return csvField(typeof value === "string" ? value.replace(FORMULAS, "'") : value);
}

/** One record, its line end included. */
export function csvLine(values: readonly (string | number | boolean | undefined)[], field = csvField): string {
  return `${values.map((value) => field(value)).join(",")}\n`;
}
