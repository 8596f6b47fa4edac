/** Completion for zsh, by its own `_arguments`. */
import { quoted } from "./bash.ts";
import type { FlagWords, Words } from "./words.ts";

export function zshCompletion(commands: readonly Words[]): string {
  return `#compdef cos-originals
# zsh completion of cos-originals, made by: cos-originals completion zsh
_cos_originals() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '(-V --version)'{-V,--version}'[print the version]' '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands
      commands=(
${[...commands, { name: "help", description: "what a command does, its flags and its exit codes" }].map(({ name, description }) => `        ${quoted(`${name}:${description}`)}`).join("\n")}
      )
      _describe -t commands command commands
      ;;
    rest)
      case $words[1] in
        help) _values command ${commands.map(({ name }) => name).join(" ")} ;;
${commands.map(argumentsOf).join("\n")}
      esac
      ;;
  esac
}
if [[ $funcstack[1] == _cos_originals ]]; then
  _cos_originals "$@"
else
  compdef _cos_originals cos-originals
fi
`;
}

function argumentsOf({ name, flags, argument, argumentName }: Words): string {
  const specs = flags.map(specOf);
  // Without it nothing is offered behind an argument.
  if (argumentName !== undefined) {
    specs.push(quoted(`1:${argumentName}:${argument.length === 0 ? " " : `(${argument.join(" ")})`}`));
  }
  return `        ${name})\n          _arguments -s ${specs.map((spec) => `\\\n            ${spec}`).join(" ")}\n          ;;`;
}

/** Brackets and colons end what they stand in. */
const escaped = (text: string): string => text.replace(/[[\]:\\]/g, (character) => `\\${character}`);

function specOf({ long, short, description, repeatable, takes }: FlagWords): string {
  const told = `[${escaped(description)}]`;
  if (takes.kind === "nothing") {
    return short === undefined ? quoted(`${long}${told}`) : `'(-${short} ${long})'{-${short},${long}}${quoted(told)}`;
  }
  const action = {
    choice: () => `value:(${takes.kind === "choice" ? takes.words.join(" ") : ""})`,
    file: () => "file:_files",
    folder: () => "folder:_files -/",
    text: () => `${takes.kind === "text" ? escaped(takes.placeholder) : ""}: `,
  }[takes.kind]();
  return quoted(`${repeatable ? "*" : ""}${long}=${told}:${action}`);
}
