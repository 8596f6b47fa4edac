/** Help tells flags by what they are about. Would catch: a new flag in no group, and a block of forty that nobody reads to its end. */
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { settingGroups } from "../../../../src/config/setting.ts";
import { commands as listed } from "../../../../src/runtime/cli/commands.ts";
import { groupItems, headingOfCommands, ownHeading } from "../../../../src/runtime/cli/help/groups.ts";

const commands = await Promise.all(listed.map(async (command) => ({ ...command, ...(await command.load()) })));

/** Heading → the flags below it, in the order of the help. */
function groupsOf({ name, describe }: (typeof commands)[number]): ReadonlyMap<string, readonly string[]> {
  const command = new Command(name).configureHelp({ groupItems }).optionsGroup(ownHeading);
  describe(command);
  const groups = new Map<string, string[]>();
  let heading = "";
  for (const line of command.helpInformation().split("\n")) {
    if (/^[A-Z].*:$/.test(line)) heading = line;
    const flag = /^ {2}(?:-\w, )?(--[a-z-]+)/.exec(line)?.[1];
    if (flag !== undefined) groups.set(heading, [...(groups.get(heading) ?? []), flag]);
  }
  return groups;
}

const headings = [ownHeading, ...Object.values(settingGroups).map((title) => `${title}:`)];

describe.each(commands)("$name --help", (command) => {
  const groups = groupsOf(command);

  test("has each flag below a heading of the table, and none of them twice", () => {
    expect([...groups.keys()].filter((heading) => !headings.includes(heading))).toEqual([]);
    const all = [...groups.values()].flat();
    expect(all).toHaveLength(new Set(all).size);
    expect(all).toEqual(expect.arrayContaining(["--json", "--quiet", "--help"]));
  });
});

test("run --help begins with what everybody needs, and no group of it is a block", () => {
  const groups = groupsOf(commands.find(({ name }) => name === "run") as (typeof commands)[number]);
  const [[heading, first] = ["", []]] = groups;
  expect(heading).toBe("First of all:");
  expect(first).toEqual(["--source", "--archive", "--manifest", "--list", "--run", "--ledger", "--region", "--config"]);
  expect([...groups.keys()].at(1)).toBe(ownHeading);
  expect([...groups.keys()].at(-1)).toBe("Output:");
  expect(Math.max(...[...groups.values()].map((flags) => flags.length))).toBeLessThanOrEqual(15);
});

test("each group of commands has some", () => {
  const helped = new Command("program").configureHelp({ groupItems });
  for (const { name, group } of listed) helped.command(name).helpGroup(headingOfCommands(group));
  const told = helped
    .helpInformation()
    .split("\n")
    .filter((line) => /^[A-Z].*:$/.test(line));
  expect(told).toEqual(
    expect.arrayContaining(["Archive:", "Look after runs:", "Bring back, compare, leave:", "Set up:", "Try out:"]),
  );
});
