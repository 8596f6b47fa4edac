/** `--if-exists overwrite --include '*.jpg'`: options as they would be typed. */
export function printedOptions(options: Readonly<Record<string, string>>): string {
  return Object.entries(options)
    .map(
      ([name, value]) => `--${name}${value === "" ? "" : ` ${/^[\w:/.@+%{}-]+$/.test(value) ? value : `'${value}'`}`}`,
    )
    .join(" ");
}
