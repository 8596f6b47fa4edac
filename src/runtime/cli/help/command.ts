/** What a command is to the program: its name and what help says of it at once, the rest when it is asked for. */
import type { Command } from "commander";
import type { Flags } from "../input/setting-flags.ts";
import type { ExitCode } from "../terminal/exit-codes.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CommandGroup } from "./groups.ts";

export interface CommandOfProgram {
  readonly name: string;
  readonly group: CommandGroup;
  /** What it takes besides flags. */
  readonly argument?: {
    readonly name: string;
    readonly description: string;
    /** The words that it may be, where there are few. */
    readonly choices?: readonly string[];
  };
  readonly description: string;
  readonly load: () => Promise<LoadedCommand>;
}

export interface LoadedCommand {
  /** Its flags and examples. */
  readonly describe: (command: Command) => void;
  readonly run: (flags: Flags, terminal: Terminal, args: readonly string[]) => Promise<ExitCode>;
}
