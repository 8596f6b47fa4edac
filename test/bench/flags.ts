/** What the benchmark is asked for. A value that can't be is refused in one sentence, before anything is measured. */
import { parseArgs } from "node:util";
import { quote, UserError } from "../../src/vocabulary/errors.ts";
import { type SizeLabel, sizeLabels } from "./bodies.ts";
import { commandNames } from "./commands.ts";
import { contestants, contestantsAt } from "./contestants.ts";
import { type PartName, partNames } from "./part.ts";

export interface Flags {
  readonly parts: readonly PartName[];
  readonly sizes: readonly SizeLabel[];
  readonly concurrency: readonly number[];
  readonly rounds: number;
  /** Objects a round of the race, the least rows of `rows`, the most keys of `commands`; undefined: as many as show a rate. */
  readonly objects: number | undefined;
  /** Names of contestants; undefined: all. */
  readonly only: readonly string[] | undefined;
  /** For the contestants' processes, `--cpu-prof` say. */
  readonly nodeFlags: readonly string[];
  /** Over plain HTTP instead of TLS. */
  readonly plain: boolean;
  readonly json: boolean;
  /** The short table, as Markdown, and nothing else on standard output. */
  readonly markdown: boolean;
  /** Where the plot is written. */
  readonly plot: string | undefined;
}

/** Errors: UserError `InvalidSetting`, one sentence that quotes the value. */
export function readFlags(args: readonly string[]): Flags {
  const values = parse(args);
  const parts = listed("--parts", values.parts, partNames);
  const only = values.only === undefined ? undefined : listed("--only", values.only, racers);
  const flags: Flags = {
    parts,
    sizes: listed("--sizes", values.sizes, sizeLabels),
    concurrency: values.concurrency.split(",").map((text) => wholeNumber("--concurrency", text, 1000)),
    rounds: wholeNumber("--rounds", values.rounds, 1000),
    objects: values.objects === undefined ? undefined : wholeNumber("--objects", values.objects, 1_000_000),
    only,
    nodeFlags: values["node-flags"]?.split(" ").filter((flag) => flag !== "") ?? [],
    plain: values.plain,
    json: values.json,
    markdown: values.markdown,
    plot: values.plot,
  };
  if (flags.json && flags.markdown) {
    throw invalid("--json and --markdown both want standard output; give one of them");
  }
  if (parts.includes("copy")) {
    const least = Math.min(...flags.concurrency);
    if (!flags.sizes.some((label) => contestantsAt(label, least, only).length > 0)) {
      throw invalid(`--only ${quote(values.only)} names nobody who is measured at --sizes ${quote(values.sizes)}`);
    }
  } else if (flags.markdown || flags.plot !== undefined) {
    throw invalid(
      `${flags.markdown ? "--markdown" : "--plot"} shows the race, but --parts ${quote(values.parts)} lacks copy`,
    );
  }
  return flags;
}

/** Of the race, and of whole commands. */
const racers = [...contestants.map(({ name }) => name), ...commandNames];

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        parts: { type: "string", default: partNames.join(",") },
        sizes: { type: "string", default: sizeLabels.join(",") },
        concurrency: { type: "string", default: "1,16,64" },
        rounds: { type: "string", default: "9" },
        objects: { type: "string" },
        only: { type: "string" },
        "node-flags": { type: "string" },
        plain: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        markdown: { type: "boolean", default: false },
        plot: { type: "string" },
      },
    }).values;
  } catch (thrown) {
    const { message } = thrown as Error;
    const dashed = /'(--[\w-]+)=-XYZ'/.exec(message)?.[1];
    // Its first sentence says what is wrong.
    const wrong = message.split(/\n|\. |\.$/)[0]?.replace(/\.$/, "");
    throw invalid(
      `${wrong}${dashed === undefined ? "" : `; a value that begins with a dash is written ${dashed}=VALUE`}`,
    );
  }
}

function listed<Name extends string>(flag: string, text: string, known: readonly Name[]): readonly Name[] {
  return text.split(",").map((name) => {
    const found = known.find((each) => each === name);
    if (found === undefined) throw invalid(`${flag} ${quote(name)} is none of ${known.join(", ")}`);
    return found;
  });
}

function wholeNumber(flag: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most) {
    throw invalid(`${flag} ${quote(text)} is not a whole number from 1 to ${most.toLocaleString("en-US")}`);
  }
  return value;
}

function invalid(sentence: string): UserError {
  return new UserError("InvalidSetting", `${sentence}.`);
}
