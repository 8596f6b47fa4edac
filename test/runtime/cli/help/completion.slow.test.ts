/** Shells complete the command line by our scripts: the shells themselves are asked. A shell that this machine lacks is left out, by name. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../../../src/runtime/cli/commands.ts";
import { completionScript, type Shell, shells } from "../../../../src/runtime/cli/help/completion.ts";
import { ifExistsChoices } from "../../../../src/vocabulary/choices.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "completion-"));
  for (const shell of shells) writeFileSync(join(folder, `script.${shell}`), await completionScript(shell, commands));
  writeFileSync(join(folder, "inside.zsh"), zshInside);
  writeFileSync(join(folder, "outside.zsh"), zshOutside);
  mkdirSync(join(folder, "a folder"));
  writeFileSync(join(folder, "a list.csv"), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const has = (shell: Shell) => spawnSync(shell, ["--version"]).status === 0;

function said(shell: Shell, args: readonly string[]): readonly string[] {
  const { stdout, stderr, status } = spawnSync(shell, args, { cwd: folder, encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.split("\n").filter((line) => line !== "");
}

/** In zsh's line editor, at a terminal of its own: compadd tells what it is given besides adding it. */
const zshInside = `
PROMPT=
autoload -Uz compinit
compinit -u -D
source ./script.zsh
compadd() {
  local -a found
  builtin compadd -O found "$@"
  print -rl -- "<"\${^found}">"
  builtin compadd "$@"
}
zle-line-init() {
  BUFFER=$ASKED
  CURSOR=$#BUFFER
  zle complete-word
  print ENDED
}
zle -N zle-line-init
`;
const zshOutside = `
zmodload zsh/zpty
export ASKED="$1"
zpty z zsh -f -i
zpty -w z 'source ./inside.zsh'
zpty -r z said '*ENDED*'
zpty -d z
print -r -- $said | tr -d '\\r'
`;

/** What the shell offers for the last of these words, in its own order. */
const asks: Readonly<Record<Shell, (...words: readonly string[]) => readonly string[]>> = {
  bash: (...words) =>
    said("bash", [
      "--norc",
      "-c",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash's
      'source ./script.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cos_originals; printf "%s\\n" "${COMPREPLY[@]}"',
      "bash",
      "cos-originals",
      ...words,
    ]),
  zsh: (...words) => {
    const shown = said("zsh", ["-f", "./outside.zsh", ["cos-originals", ...words].join(" ")]).join("\n");
    return [...new Set([...shown.matchAll(/<([^<>]+)>/g)].map(([, word = ""]) => word))];
  },
  fish: (...words) =>
    said("fish", [
      "--no-config",
      "-c",
      'source ./script.fish; complete -C "$argv"',
      ["cos-originals", ...words].join(" "),
    ]).map((line) => line.split("\t")[0] ?? ""),
};

const sorted = (words: readonly string[]) => [...words].sort();
const noFlags = (words: readonly string[]) => sorted(words.filter((word) => !word.startsWith("-")));

describe.each(shells)("%s completes", (shell) => {
  const ask = asks[shell];

  test.skipIf(!has(shell))("commands", () => {
    expect(sorted(ask("ru"))).toEqual(["run", "runs"]);
    expect(noFlags(ask(""))).toEqual(sorted([...commands.map(({ name }) => name), "help"]));
  });

  test.skipIf(!has(shell))("flags of the command at hand, and of no other", () => {
    expect(sorted(ask("run", "--sour"))).toEqual(["--source", "--source-endpoint", "--source-region"]);
    expect(ask("status", "one", "--")).toEqual(expect.arrayContaining(["--full", "--watch", "--json", "--help"]));
    expect(ask("status", "one", "--sour")).toEqual([]);
  });

  test.skipIf(!has(shell))("the words that a flag or an argument takes", () => {
    expect(sorted(ask("run", "--if-exists", ""))).toEqual(sorted(ifExistsChoices));
    expect(ask("run", "--storage-class", "DEEP")).toEqual(["DEEP_ARCHIVE"]);
    expect(noFlags(ask("protection", ""))).toEqual(["off", "on", "status"]);
    expect(ask("run", "--source", "")).toEqual([]);
    expect(ask("policy", "--for", "pro")).toEqual(["protection"]);
  });

  test.skipIf(!has(shell))("files and folders where a flag takes one", () => {
    expect(ask("run", "--manifest", "a").some((word) => /^a.*list\.csv$/.test(word))).toBe(true);
    const folders = ask("demo", "--data", "a");
    expect(folders.length).toBeGreaterThan(0);
    for (const word of folders) expect(word).toMatch(/^a.*folder\/?$/);
  });
});

test.skipIf(!has("bash"))("bash completes what stands behind =", () => {
  expect(asks.bash("run", "--format", "=", "js")).toEqual(["json", "jsonl"]);
  expect(asks.bash("run", "--format", "=")).toContain("cos-inventory");
});
