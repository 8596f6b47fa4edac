/** What can be typed behind `cos-originals`: commands, their flags, and what these take. Read from the commands themselves. */
import { Command, Option } from "commander";
import * as z from "zod";
import type { Setting } from "../../../config/setting.ts";
import { flagOf, settingNames, settingTable } from "../../../config/settings.ts";
import type { CommandOfProgram } from "./command.ts";

export interface Words {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly FlagWords[];
  /** `RUN`; undefined where it takes none. */
  readonly argumentName: string | undefined;
  /** What its argument may be, where that is one of a few words. */
  readonly argument: readonly string[];
}

export interface FlagWords {
  /** `--source` */
  readonly long: string;
  /** `h` */
  readonly short: string | undefined;
  readonly description: string;
  readonly repeatable: boolean;
  readonly takes: Takes;
}

export type Takes =
  | { readonly kind: "nothing" }
  | { readonly kind: "choice"; readonly words: readonly string[] }
  | { readonly kind: "file" }
  | { readonly kind: "folder" }
  | { readonly kind: "text"; readonly placeholder: string };

export async function wordsOf(commands: readonly CommandOfProgram[]): Promise<readonly Words[]> {
  return Promise.all(
    commands.map(async ({ name, description, argument, load }) => {
      const command = new Command(name);
      (await load()).describe(command);
      const help = new Option("-h, --help", "what the command does, its flags and its exit codes");
      return {
        name,
        description,
        flags: [...command.options, help].map(flagWords),
        argumentName: argument?.name.slice(1, -1),
        argument: argument?.choices ?? [],
      };
    }),
  );
}

function flagWords(option: Option): FlagWords {
  const name = settingNames.find((each) => flagOf(each) === option.long);
  const setting: Setting<unknown> | undefined = name === undefined ? undefined : settingTable[name];
  const placeholder = /<(.*)>/.exec(option.flags)?.[1];
  return {
    long: option.long ?? "",
    short: option.short?.slice(1),
    description: option.description,
    repeatable: setting?.repeatable === true || option.parseArg !== undefined,
    takes: takesOf(placeholder, setting, option.argChoices),
  };
}

function takesOf(
  placeholder: string | undefined,
  setting: Setting<unknown> | undefined,
  choices: readonly string[] | undefined,
): Takes {
  if (placeholder === undefined) return { kind: "nothing" };
  if (choices !== undefined) return { kind: "choice", words: choices };
  if (setting?.schema instanceof z.ZodEnum) return { kind: "choice", words: setting.schema.options.map(String) };
  if (placeholder === "FILE") return { kind: "file" };
  if (placeholder === "DIR") return { kind: "folder" };
  return { kind: "text", placeholder };
}
