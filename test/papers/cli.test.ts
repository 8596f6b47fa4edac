/** docs/cli.md is the contract of the command line: what it tells is what the program has. */
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { type Setting, settingGroups } from "../../src/config/setting.ts";
import { flagOf, settingNames, settingTable, variableOf } from "../../src/config/settings.ts";
import { archiveKeyFields } from "../../src/policy/archive-key.ts";
import { listedSummary, summaryShape, tallyToSummary } from "../../src/report/summary.ts";
import { emptyTally } from "../../src/report/tally.ts";
import { commands as listed } from "../../src/runtime/cli/commands.ts";
import { exitCodes } from "../../src/runtime/cli/terminal/exit-codes.ts";
import { manifestFormats } from "../../src/vocabulary/choices.ts";
import { readSources } from "../architecture/house.ts";
import { cliPaper, codes, commandOf, differencesOf, fieldsOf } from "./cli-paper.ts";
import { sectionOf, tablesOf, tablesUnder } from "./papers.ts";

const common = ["--json", "--quiet", "--help", "--config"];
/** By its words too: the emulator's --queue serves one, and is no setting. */
const isSetting = ({ long, description }: { readonly long: string; readonly description: string }) =>
  settingNames.some((name) => flagOf(name) === long && description.startsWith(settingTable[name].description));

const commands = await Promise.all(listed.map(async (command) => ({ ...command, ...(await command.load()) })));

function programOf({ name, argument, describe }: (typeof commands)[number]) {
  const command = new Command(name);
  if (argument !== undefined) command.argument(argument.name);
  describe(command);
  return {
    argument: command.registeredArguments.map((argument) => ` ${argument.name()}`).join(""),
    options: command.options.map((option) => ({
      long: option.long as string,
      flag: option.flags.replace(/<(.*)>/, "$1"),
      description: option.description,
      default: option.defaultValue as string | undefined,
    })),
  };
}

describe("commands", () => {
  test("are those of the program, in its order, with their argument", () => {
    const [table] = tablesUnder(cliPaper, "Commands");
    expect(table?.rows.map(([command = ""]) => codes(command)[0])).toEqual(
      commands.map((command) => command.name + programOf(command).argument),
    );
  });

  test.each(commands)("$name has the flags that its section tells, each with its default", (command) => {
    const told = commandOf(command.name);
    const { options } = programOf(command);
    const own = options.filter((option) => !isSetting(option) && !common.includes(option.long));
    expect(told.own).toEqual(own.map(({ flag, default: standard }) => ({ flag, default: standard })));
    expect(told.flags).toEqual(options.map(({ long }) => long).filter((long) => !common.includes(long)));
  });

  test("have the common flags", () => {
    const [table] = tablesUnder(cliPaper, "Common flags");
    expect(table?.rows.map(([flag = ""]) => codes(flag)[0]?.split(" ")[0]).sort()).toEqual([...common].sort());
    const lacking = (flag: string) =>
      commands
        .filter((command) => !programOf(command).options.some(({ long }) => long === flag))
        .map(({ name }) => name);
    expect([lacking("--json"), lacking("--quiet"), lacking("--config")]).toEqual([
      [],
      [],
      ["explain", "init", "completion", "emulator", "demo"],
    ]);
  });
});

test("exit codes are those of the program, and no command ends by another", () => {
  const [table] = tablesUnder(cliPaper, "Exit codes");
  const known = Object.values(exitCodes).map(String);
  expect(table?.rows.map(([code]) => code)).toEqual(known);
  const [own] = tablesUnder(cliPaper, "Commands");
  for (const [command, , its = ""] of own?.rows ?? []) {
    for (const code of its.split(" ")) expect(known, command).toContain(code);
  }
});

describe("settings", () => {
  const rows = new Map(
    tablesUnder(cliPaper, "Settings")
      .flatMap((table) => table.rows)
      .map(([flag = "", variable = "", standard = "", means = ""]) => [
        codes(flag)[0],
        { variable: codes(variable)[0], default: codes(standard)[0], means },
      ]),
  );

  test("are all told, and no others", () => {
    expect([...rows.keys()].map((flag) => flag?.split(" ")[0]).sort()).toEqual(settingNames.map(flagOf).sort());
  });

  test("stand in the section that help tells them under", () => {
    const told = Object.values(settingGroups).map((title) => [
      title,
      tablesOf(sectionOf(cliPaper, title)).flatMap(({ rows }) =>
        rows.map(([flag = ""]) => codes(flag)[0]?.split(" ")[0]),
      ),
    ]);
    const groups = Object.entries(settingGroups).map(([group, title]) => [
      title,
      settingNames.filter((name) => settingTable[name].group === group).map(flagOf),
    ]);
    const sorted = (all: readonly (readonly unknown[])[]) =>
      all.map(([title, flags]) => [title, [...(flags as string[])].sort()]);
    expect(sorted(told)).toEqual(sorted(groups));
  });

  test.each(settingNames)("%s has its placeholder, variable, default and choices", (name) => {
    const setting: Setting<unknown> = settingTable[name];
    const flag = setting.placeholder === undefined ? flagOf(name) : `${flagOf(name)} ${setting.placeholder}`;
    const row = rows.get(flag);
    expect(row).toMatchObject({ variable: variableOf(name), default: setting.default });
    const choices: readonly string[] = setting.schema instanceof z.ZodEnum ? setting.schema.options.map(String) : [];
    for (const choice of choices) expect(codes(row?.means ?? "")).toContain(choice);
  });
});

test("environment variables that the code reads are told", () => {
  const text = [...readSources().values()].map((source) => source.text).join("\n");
  const read = new Set([
    ...[...text.matchAll(/\b(?:env|environment)\.([A-Z][A-Z0-9_]+)\b/g)].map(([, name]) => name),
    ...[...text.matchAll(/\{ ((?:[A-Z_]+, )*[A-Z_]+) \} = [\w.]*\benv\b/g)].flatMap(([, names = ""]) =>
      names.split(", "),
    ),
    ...["TENCENTCLOUD", "ORIGINALS_ARCHIVE"].flatMap((prefix) =>
      ["SECRETID", "SECRETKEY", "SESSIONTOKEN"].map((name) => `${prefix}_${name}`),
    ),
  ]);
  const told = tablesUnder(cliPaper, "Environment").flatMap(({ rows }) => rows.flatMap(([names = ""]) => codes(names)));
  expect(told.sort()).toEqual([...read].sort());
});

test("manifest formats and the words of archive keys are those of the code", () => {
  const [formats] = tablesUnder(cliPaper, "Manifests");
  const told = new Set(formats?.rows.flatMap(([format = ""]) => codes(format)));
  expect([...told].sort()).toEqual([...manifestFormats].sort());
  for (const field of archiveKeyFields) expect(sectionOf(cliPaper, "The archive")).toContain(`\`{${field}}\``);
});

describe("JSON documents", () => {
  const schemas = [...cliPaper.matchAll(/^### `(cos-originals\/[a-z]+@\d+)`$/gm)].map(([, schema = ""]) => schema);

  test("are all those that the program prints", () => {
    const text = [...readSources()]
      .filter(([file]) => /^(runtime|report)\//.test(file))
      .map(([, source]) => source.text);
    const printed = text.join("\n").matchAll(/"(cos-originals\/(?!request@)[a-z]+@\d+)"/g);
    expect([...schemas].sort()).toEqual([...new Set([...printed].map(([, schema]) => schema))].sort());
    const linked = commands.flatMap(({ name }) => commandOf(name).schemas);
    expect([...new Set([...linked, "cos-originals/error@1"])].sort()).toEqual([...schemas].sort());
  });

  test("the summary has the fields that its table tells", () => {
    const told = [...fieldsOf("cos-originals/summary@1").keys()].filter((field) => !/[.[]/.test(field));
    expect(told).toEqual(Object.keys(summaryShape.unwrap().shape));
    const facts = {
      run: "r",
      state: "complete",
      startedAt: 0,
      endedAt: 1,
      deletedFromSource: { count: 0, keys: [] },
    } as const;
    const tally = { ...emptyTally(), failures: new Map([["NoSuchKey", { count: 1, keys: ["a"] }]]) };
    expect(differencesOf("cos-originals/summary@1", tallyToSummary(tally, facts))).toEqual([]);
    expect(differencesOf("cos-originals/summary@1", listedSummary(emptyTally(), facts))).toEqual([]);
  });

  test("are found to differ where they do", () => {
    const summary = tallyToSummary(emptyTally(), { run: "r", state: "complete" });
    const { rows: _, ...without } = summary;
    expect(differencesOf("cos-originals/summary@1", { ...without, archived: "5", more: 1 })).toEqual([
      'archived: "5"',
      "more: not in the paper",
      "rows: missing",
    ]);
    expect(differencesOf("cos-originals/summary@1", { ...summary, requests: { ledger: 1, "source.list": 2 } })).toEqual(
      ["source.get", "source.head", "archive.put", "archive.head", "queue"].map((type) => `requests.${type}: missing`),
    );
  });
});
