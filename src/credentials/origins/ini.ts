/**
 * Files of sections and `name = value`, as the tools of both clouds write them: `[default]`, comments behind `#` or `;` at the beginning of a line, names in
 * any case. Lines of another form, and values within values, are passed over.
 */
export type Ini = ReadonlyMap<string, ReadonlyMap<string, string>>;

export function readIni(text: string): Ini {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)) {
    const [, named] = /^\s*\[([^\]]*)\]/.exec(line) ?? [];
    if (named !== undefined) {
      const name = named.trim().replace(/\s+/g, " ");
      section = sections.get(name) ?? new Map();
      sections.set(name, section);
      continue;
    }
    const [, name, value] = /^\s*([^#;=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section !== undefined && name !== undefined && value !== undefined) section.set(name.toLowerCase(), value);
  }
  return sections;
}
