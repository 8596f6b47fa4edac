/** Whether the program would take a command, wherever a paper or a file of deploy/ has it. */
import { Command, CommanderError } from "commander";
import { commands as listed } from "../../src/runtime/cli/commands.ts";

export const commands = await Promise.all(listed.map(async (command) => ({ ...command, ...(await command.load()) })));

/** What the program would say of such words, behind its own name; undefined where it would take them. */
export function refusalOf([name, ...words]: readonly string[]): string | undefined {
  const known = commands.find((each) => each.name === name);
  if (known === undefined) return name === "help" ? undefined : `there is no command ${name}`;
  const parser = new Command(known.name).exitOverride().configureOutput({ writeErr: () => undefined });
  if (known.argument !== undefined) parser.argument(known.argument.name);
  known.describe(parser);
  parser.action(() => undefined);
  try {
    parser.parse(words, { from: "user" });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode !== 0) return thrown.message;
    return thrown instanceof CommanderError ? undefined : String(thrown);
  }
}
