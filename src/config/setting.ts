/** What one setting is: how it is read, and what help says of it. */
import type { z } from "zod";

/** What settings are about, in the order in which help tells them; docs/cli.md has a section for each, by its title. */
export const settingGroups = {
  first: "First of all",
  places: "From where, to where",
  rows: "Which rows are in scope",
  run: "Which run",
  how: "How it is archived",
  cost: "What it may cost",
  pace: "How this process works",
  connection: "Connection",
  queue: "Queues",
  told: "Who is told",
  prices: "Prices",
  output: "Output",
} as const;
export type SettingGroup = keyof typeof settingGroups;

export interface Setting<Value> {
  readonly group: SettingGroup;
  readonly description: string;
  /** A valid value, for help and for the messages of wrong ones. */
  readonly example: string;
  /** What stands for the value in help; a switch has none. */
  readonly placeholder?: string;
  /** The text of the value that holds where nothing is said. */
  readonly default?: string;
  /** May be given several times. */
  readonly repeatable?: true;
  /** It says who is spoken to, or what others may have done: a config file that nobody named may not say it (found-config.ts). */
  readonly onlyNamed?: true;
  /** Would it start a program? No config file may say that, even one that is named: who wrote it may be somebody else than who runs the command. */
  readonly startsProgram?: (text: string) => boolean;
  /** It says how something is done that another setting asks for, by this value; without it nothing comes of it. */
  readonly onlyWith?: readonly [name: string, value: string];
  /** As messages may show what was said, where that may hold a secret of its own kind. */
  readonly shown?: (text: string) => string;
  readonly schema: z.ZodType<Value, string>;
}

export function setting<Value, const Rest extends Omit<Setting<Value>, "schema">>(
  schema: z.ZodType<Value, string>,
  rest: Rest,
) {
  return { schema, ...rest };
}

/** `a, b or c` */
export const choice = (words: readonly string[]) => `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
