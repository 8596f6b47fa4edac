/** `cos-originals completion`: a script that has a shell complete the command line. It holds all that is to be completed, so that no key press starts this program. */
import type { Command } from "commander";
import { quote, UserError } from "../../../vocabulary/errors.ts";
import { addCommonFlags, type Flags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { bashCompletion } from "./bash.ts";
import type { CommandOfProgram } from "./command.ts";
import { fishCompletion } from "./fish.ts";
import { type Words, wordsOf } from "./words.ts";
import { zshCompletion } from "./zsh.ts";

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

const scripts: Readonly<Record<Shell, (commands: readonly Words[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function describeCompletion(command: Command): void {
  addCommonFlags(
    command.addHelpText(
      "after",
      `
The script completes commands, flags, their words and files. It is for one version: make it anew after an update.

  bash  cos-originals completion bash > ~/.local/share/bash-completion/completions/cos-originals
  zsh   cos-originals completion zsh > a folder of $fpath, as _cos-originals
  fish  cos-originals completion fish > ~/.config/fish/completions/cos-originals.fish

Exit codes: 0 printed, 2 usage.

Example:
  cos-originals completion bash`,
    ),
    false,
  );
}

export const completionCommand =
  (commands: readonly CommandOfProgram[]) =>
  async ({ json }: Flags, terminal: Terminal, [given]: readonly string[]): Promise<ExitCode> => {
    const shell = shells.find((each) => each === given);
    if (shell === undefined) {
      throw new UserError("InvalidSetting", `SHELL ${quote(given)} is none of ${shells.join(", ")}; say one of them.`);
    }
    const script = await completionScript(shell, commands);
    if (json === true) terminal.out(JSON.stringify({ schema: "cos-originals/completion@1", shell, script }));
    else terminal.out(script.replace(/\n$/, "").split("\n"));
    return exitCodes.done;
  };

export async function completionScript(shell: Shell, commands: readonly CommandOfProgram[]): Promise<string> {
  return scripts[shell](await wordsOf(commands));
}
