/** In which order help tells flags and commands: what everybody needs first, then what is the command's own, then the rest by what it is about. */
import type { Command, Option } from "commander";
import { settingGroups } from "../../../config/setting.ts";

/** What commands are for, in the order of the help. */
export const commandGroups = {
  archive: "Archive",
  runs: "Look after runs",
  back: "Bring back, compare, leave",
  begin: "Set up",
  try: "Try out",
} as const;
export type CommandGroup = keyof typeof commandGroups;

const heading = (title: string) => `${title}:`;

/** Of flags that are no settings: what this command alone has. */
export const ownHeading = heading("Of this command");
/** Of commands that are in no group: `help`. */
export const otherHeading = heading("Beside");
export const headingOfCommands = (group: CommandGroup) => heading(commandGroups[group]);

const { first, ...others } = settingGroups;
const order = [
  heading(first),
  ownHeading,
  ...Object.values(others).map(heading),
  ...Object.values(commandGroups).map(heading),
  otherHeading,
];

/** For commander's help: what is shown, by its heading. */
export function groupItems<Item extends Command | Option>(
  _: readonly Item[],
  shown: readonly Item[],
  headingOf: (item: Item) => string,
): Map<string, Item[]> {
  const groups = new Map<string, Item[]>(order.map((each) => [each, []]));
  for (const item of shown) {
    const group = groups.get(headingOf(item));
    if (group === undefined) groups.set(headingOf(item), [item]);
    else group.push(item);
  }
  return new Map([...groups].filter(([, items]) => items.length > 0));
}
