/** The command line: the command that is asked for, and how each ending becomes an exit code and a sentence. */
import { Command, CommanderError } from "commander";
import { ensureError } from "../../vocabulary/errors.ts";
import { version } from "../../vocabulary/version.ts";
import { commands } from "./commands.ts";
import { groupItems, headingOfCommands, otherHeading, ownHeading } from "./help/groups.ts";
import type { Flags } from "./input/setting-flags.ts";
import { type ExitCode, exitCodeOfError, exitCodes } from "./terminal/exit-codes.ts";
import { openTerminal, type Terminal } from "./terminal/terminal.ts";

/** Runs the command line to its end; never rejects. `args` are those after the program's name. */
export async function runProgram(args: readonly string[]): Promise<ExitCode> {
  const plain = openTerminal({ quiet: false, stdout: process.stdout, stderr: process.stderr });
  let ended: ExitCode = exitCodes.done;
  let terminal = plain;

  const output = {
    // Help and version, which hold nothing but our own words.
    writeOut: (text: string) => plain.out(text.replace(/\n$/, "").split("\n")),
    // Told by tellError, as one sentence.
    writeErr: () => undefined,
    getOutHelpWidth: () => Math.min(process.stdout.columns ?? 110, 120),
  };

  const program = new Command("cos-originals")
    .description(
      "Archives the originals behind Tencent Cloud COS Original Image Protection: fetched once, proven, recorded.",
    )
    .version(version, "-V, --version", "print the version")
    .addHelpText("after", "\nExample:\n  cos-originals run --help\n")
    // Flags of a command that was not read count too.
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}`, groupItems })
    .commandsGroup(otherHeading)
    .helpCommand("help [command]", "what a command does, its flags and its exit codes")
    .exitOverride()
    .configureOutput(output);

  try {
    const [first, second] = args.filter((arg) => !arg.startsWith("-"));
    const wanted = first === "help" ? second : first;
    for (const { name, group, argument, description, load } of commands) {
      const command = program.command(name).description(description).exitOverride().configureOutput(output);
      command.helpGroup(headingOfCommands(group)).optionsGroup(ownHeading);
      if (argument !== undefined) command.argument(argument.name, argument.description);
      if (name !== wanted) continue;
      const { describe, run } = await load();
      describe(command);
      command.action(async () => {
        const flags: Flags = command.opts();
        const { stdin, stdout, stderr } = process;
        const { TERM, XTERM_VERSION } = process.env;
        // Of those that tell, these break no line anew.
        const reflows = XTERM_VERSION === undefined && TERM !== "linux";
        const quiet = flags.quiet === true;
        terminal = openTerminal({ quiet, stdin, stdout, stderr, isDumb: TERM === "dumb", reflows });
        ended = await run(flags, terminal, command.args);
      });
    }
    if (args.length === 0) {
      plain.complain(["a command is missing.", "", ...program.helpInformation().replace(/\n$/, "").split("\n")]);
      ended = exitCodes.usage;
    } else await program.parseAsync(args, { from: "user" });
  } catch (thrown) {
    ended = await tellError(ensureError(thrown), args, program, terminal);
  }
  const lost = (await terminal.flushed()) ?? (await plain.flushed());
  if (lost === undefined) return ended;
  terminal.complain(`what was asked for could not be written to standard output: ${lost}`);
  await terminal.flushed();
  return ended === exitCodes.done ? exitCodes.fault : ended;
}

async function tellError(
  error: Error,
  args: readonly string[],
  program: Command,
  terminal: Terminal,
): Promise<ExitCode> {
  const usage = error instanceof CommanderError;
  if (usage && error.exitCode === 0) return exitCodes.done;
  const code = usage ? exitCodes.usage : exitCodeOfError(error);
  const sentence = usage ? await sentenceOf(error, args, program) : error.message;
  terminal.complain(code === exitCodes.fault ? `a fault in the program: ${sentence}` : sentence);
  if (code === exitCodes.fault && process.env.COS_ORIGINALS_DEBUG !== undefined)
    terminal.complain((error.stack ?? "").split("\n"));
  if (args.includes("--json")) {
    const name = usage ? "Usage" : "code" in error && typeof error.code === "string" ? error.code : error.name;
    terminal.out(JSON.stringify({ schema: "cos-originals/error@1", error: { code: name, message: sentence } }));
  }
  return code;
}

/** What says it is read where something is wrong: nobody waits for it otherwise. */
async function sentenceOf(error: CommanderError, args: readonly string[], program: Command): Promise<string> {
  const { usageSentence } = await import("./help/usage-sentence.ts");
  const command = program.commands.find((each) => each.name() === args[0]);
  const flags = command?.options.flatMap(({ long }) => long ?? []) ?? [];
  return usageSentence(error, command?.name(), [...flags, "--help"]);
}
