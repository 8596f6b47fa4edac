/** Header values: Unicode here, bytes on the wire, and those bytes as Latin-1 text on the way between. */
import { Fault } from "./fault.ts";

/** The UTF-8 of a value, as the Latin-1 text that is written byte by byte. @throws Fault `InvalidRequest` where it would end its line */
export function writtenValue(name: string, value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
    throw new Fault("InvalidRequest", `the value of ${name} has a control character`);
  }
  return Buffer.from(value, "utf8").toString("latin1");
}

/** What is no UTF-8 is left as the Latin-1 that it was read as. */
export function readValue(latin1: string): string {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return text.includes("\ufffd") ? latin1 : text;
}
