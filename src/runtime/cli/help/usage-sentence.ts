/** What is wrong with a command line, in one sentence that says what to type instead; never with the value behind a flag that nobody knows, which may be a secret. */
import type { CommanderError } from "commander";
import { nearest } from "../../../config/nearest.ts";
import { peerCommandSentence, peerFlags, peerSentence } from "../../../config/peer-flags.ts";

/**
 * @param command whose command line it is; undefined where there is no such command
 * @param flags those that it takes: `--source`
 */
export function usageSentence(error: CommanderError, command: string | undefined, flags: readonly string[]): string {
  return `${saidOf(error, command, flags)}. See: cos-originals ${command === undefined ? "" : `${command} `}--help`;
}

function saidOf({ code, message }: CommanderError, command: string | undefined, flags: readonly string[]): string {
  const unknown = /^error: unknown option '([\s\S]*?)'(?:\n|$)/.exec(message)?.[1];
  if (code === "commander.unknownOption" && unknown !== undefined) return unknownFlag(unknown, command, flags);
  const theirs = peerCommandSentence(/^error: unknown command '([\w-]+)'/.exec(message)?.[1] ?? "");
  if (theirs !== undefined) return theirs;
  if (code === "commander.excessArguments" && flags.includes("--source")) {
    const taken = namingFlags.filter((flag) => flags.includes(flag));
    return `there is an argument too many; places, keys and a run are named by flags, ${taken.join(", ")}`;
  }
  return message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\?\)$/, "; perhaps $1 is meant")
    .replace(/\.$/, "");
}

/** What people give as a bare word, as they do to `status RUN` and to tools that copy. */
const namingFlags = ["--source", "--archive", "--manifest", "--run"];

function unknownFlag(given: string, command: string | undefined, flags: readonly string[]): string {
  const word = given.replace(/=[\s\S]*$/, "");
  const flag = word.startsWith("--") ? word : word.slice(0, 2);
  const theirs = peerSentence(flag);
  const here = peerFlags.get(flag)?.here?.split(" ")[0];
  if (theirs !== undefined) {
    if (here === undefined || command === undefined || flags.includes(here)) return theirs;
    return `${theirs}, which ${command} does not take`;
  }
  // `-json`: what begins with one dash is shown whole only where it is near a flag of ours.
  const hint = nearest(word.replace(/^-{1,2}/, "--"), flags);
  const shown = word.startsWith("--") || hint !== undefined ? word : flag;
  return `unknown option '${shown}'${hint === undefined ? "" : `; perhaps ${hint} is meant`}`;
}
