/**
 * Header values: text here, bytes on the wire, and those bytes as Latin-1 text on the way between. Most are ASCII, some UTF-8. What is
 * neither (Latin-1, GBK) has no text that could be known, and must come out as the bytes that came in: each of its bytes beyond ASCII is
 * one lone surrogate, U+DC80 to U+DCFF, which no text has of its own (as Python's surrogateescape does).
 */
import { isUtf8 } from "node:buffer";
import { Fault } from "./fault.ts";

const ESCAPE = 0xdc00;
/** With `u` a surrogate of a pair is none of these. */
const escaped = /([\udc80-\udcff]+)/u;

/** The bytes of a value, as the Latin-1 text that is written byte by byte. @throws Fault `InvalidRequest` where it would end its line */
export function writtenValue(name: string, value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
    throw new Fault("InvalidRequest", `the value of ${name} has a control character`);
  }
  return bytesOfValue(value).toString("latin1");
}

/** As it stands on the wire. */
export function bytesOfValue(value: string): Buffer {
  if (value.isWellFormed()) return Buffer.from(value, "utf8");
  const pieces = value
    .split(escaped)
    .map((piece, at) => (at % 2 === 0 ? Buffer.from(piece, "utf8") : unescaped(piece)));
  return Buffer.concat(pieces);
}

const unescaped = (piece: string) => Buffer.from(Array.from(piece, (one) => one.charCodeAt(0) - ESCAPE));

/** UTF-8 as its text; of anything else its bytes, beyond ASCII escaped. */
export function readValue(latin1: string): string {
  const bytes = Buffer.from(latin1, "latin1");
  if (isUtf8(bytes)) return bytes.toString("utf8");
  return latin1.replace(/[\x80-\xff]/g, (one) => String.fromCharCode(ESCAPE + one.charCodeAt(0)));
}

/** Without the spaces and tabs at its ends; other spaces of Unicode are its own. */
export const trimmedValue = (value: string): string => value.replace(/^[ \t]+|[ \t]+$/g, "");
