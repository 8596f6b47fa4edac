/** `--switch NAME=VALUE`: a doubtful behaviour of the service, by the type of the switch's default. */
import { nearest } from "../../../config/nearest.ts";
import { defaultSwitches, type Switches } from "../../../emulator/emulator.ts";
import { wrongSetting } from "../../../emulator/faults/switches.ts";
import { quote, UserError } from "../../../vocabulary/errors.ts";

/** Throws UserError `InvalidSetting`, `UnknownSwitch`. */
export function switchesOf(texts: unknown): Partial<Switches> {
  const changes: Record<string, unknown> = {};
  for (const text of Array.isArray(texts) ? texts.map(String) : []) {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? "" : text.slice(equals + 1);
    if (equals < 0 || value === "") {
      throw new UserError("InvalidSetting", `--switch ${quote(text)} is not of the form NAME=VALUE.`);
    }
    const known = Object.entries(defaultSwitches).find(([candidate]) => candidate === name);
    if (known === undefined) {
      const hint = nearest(name, Object.keys(defaultSwitches));
      throw new UserError(
        "UnknownSwitch",
        `--switch ${quote(text)} names no switch of the emulator${hint === undefined ? "" : `; perhaps ${hint} is meant`}.`,
      );
    }
    changes[name] = switchValue(text, value, known[0] as keyof Switches);
  }
  return changes;
}

const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

function switchValue(text: string, value: string, name: keyof Switches): unknown {
  const literal = /^\d{1,15}$/.test(value) ? Number(value) : literals.get(value);
  const read = typeof defaultSwitches[name] === "string" ? value : literal;
  const wanted = wrongSetting(name, read);
  if (wanted === undefined) return read;
  throw new UserError("InvalidSetting", `--switch ${quote(text)} needs ${wanted} as its value.`);
}
