/** Completion for bash 4.4 and later. */
import type { Takes, Words } from "./words.ts";

/** In single quotes, as every shell here reads them. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export function bashCompletion(commands: readonly Words[]): string {
  return `# bash completion of cos-originals, made by: cos-originals completion bash
_cos_originals() {
  local word=\${COMP_WORDS[COMP_CWORD]} before= command= flags= choices= i
  ((COMP_CWORD > 0)) && before=\${COMP_WORDS[COMP_CWORD-1]}
  # --format=csv comes as three words.
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then
      command=\${COMP_WORDS[i]}
      break
    fi
  done
  COMPREPLY=()
  if [[ -z $command ]]; then
    mapfile -t COMPREPLY < <(compgen -W ${quoted([...commands.map(({ name }) => name), "help", "--help", "--version"].join(" "))} -- "$word")
    return
  fi
  case "$command $before" in
${commands.flatMap(valuesOf).join("\n")}
  esac
  case "$command" in
    help) choices=${quoted(commands.map(({ name }) => name).join(" "))} ;;
${commands.map(flagsOf).join("\n")}
  esac
  if [[ $word == -* || -z $choices ]]; then choices=$flags; fi
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$word")
}
complete -F _cos_originals cos-originals
`;
}

function flagsOf({ name, flags, argument }: Words): string {
  const all = flags.map(({ long }) => long).join(" ");
  return `    ${name}) flags=${quoted(all)}${argument.length === 0 ? "" : ` choices=${quoted(argument.join(" "))}`} ;;`;
}

/** A line for all flags of a command that take the same. */
function valuesOf({ name, flags }: Words): readonly string[] {
  const lines = new Map<string, string[]>();
  for (const { long, takes } of flags) {
    const does = doesFor(takes);
    if (does !== undefined) lines.set(does, [...(lines.get(does) ?? []), quoted(`${name} ${long}`)]);
  }
  return [...lines].map(([does, patterns]) => `    ${patterns.join(" | ")}) ${does} ;;`);
}

function doesFor(takes: Takes): string | undefined {
  switch (takes.kind) {
    case "nothing":
      return undefined;
    case "choice":
      return `mapfile -t COMPREPLY < <(compgen -W ${quoted(takes.words.join(" "))} -- "$word"); return`;
    case "file":
      return 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word"); return';
    case "folder":
      return 'compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word"); return';
    case "text":
      return "return";
  }
}
