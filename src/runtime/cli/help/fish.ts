/** Completion for fish. */
import type { FlagWords, Takes, Words } from "./words.ts";

/** In single quotes, in which fish reads \' and \\. */
const quoted = (text: string): string => `'${text.replace(/[\\']/g, (character) => `\\${character}`)}'`;

export function fishCompletion(commands: readonly Words[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const first = [...commands, { name: "help", description: "what a command does, its flags and its exit codes" }];
  return `# fish completion of cos-originals, made by: cos-originals completion fish
complete -c cos-originals -f
complete -c cos-originals -n __fish_use_subcommand -s V -l version -d 'print the version'
${first.map(({ name, description }) => `complete -c cos-originals -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`).join("\n")}
complete -c cos-originals -n '__fish_seen_subcommand_from help' -a ${quoted(names)}
${commands.flatMap(linesOf).join("\n")}
`;
}

function linesOf({ name, flags, argument }: Words): readonly string[] {
  // The first word decides, as what follows may be called like a command.
  const condition = `-n ${quoted(`test (count (commandline -opc)) -gt 1; and test (commandline -opc)[2] = ${name}`)}`;
  const lines = flags.map((flag) => `complete -c cos-originals ${condition} ${flagText(flag)}`);
  if (argument.length > 0) lines.push(`complete -c cos-originals ${condition} -a ${quoted(argument.join(" "))}`);
  return lines;
}

function flagText({ long, short, description, takes }: FlagWords): string {
  const names = `${short === undefined ? "" : `-s ${short} `}-l ${long.slice(2)}`;
  return `${names}${valueText(takes)} -d ${quoted(description)}`;
}

function valueText(takes: Takes): string {
  switch (takes.kind) {
    case "nothing":
      return "";
    case "choice":
      return ` -x -a ${quoted(takes.words.join(" "))}`;
    case "file":
      return " -r -F";
    case "folder":
      return " -x -a '(__fish_complete_directories)'";
    case "text":
      return " -x";
  }
}
