/**
 * Cuts a JSON array into its elements as it is read, without holding more than one of them. Each element is then parsed
 * on its own, so that a bad one spoils no other, and one that is too long is passed over without being held.
 *
 * A parser of events can do neither: stream-json 3.8 and @streamparser/json 0.0.26 end at the first element that is no JSON, hold a
 * string that never ends as a whole, and run out of memory over 20 MB of open brackets. (Nor are they faster.)
 *
 * This only has to know where strings, brackets and commas are. Where even that can't be trusted (a string that does not end
 * on its line, a bracket that closes another kind) the elements behind it can't be told apart, and the manifest is refused.
 */
import { isUtf8 } from "node:buffer";
import { jsonEntry } from "./json-row.ts";
import { ManifestError } from "./manifest-error.ts";
import type { ManifestEntry, Position } from "./row.ts";
import { invalidEntry, type RowRules } from "./row-fields.ts";
import { maxEntryBytes, sampleText } from "./text-lines.ts";

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SAMPLE_BYTES = 1024;
const MAX_DEPTH = 64;

type State = "before the array" | "between elements" | "in an element" | "after the array";

/** A key or row object an element. Columns are counted in bytes. */
export async function* readJsonArray(
  source: AsyncIterable<Buffer>,
  name: string,
  rules: RowRules,
): AsyncGenerator<readonly ManifestEntry[]> {
  let state = "before the array" as State;
  let inString = false;
  let escaped = false;
  /** Which bracket closes each one that is open in this element. */
  let closers: number[] = [];
  /** A comma has been read, so an element must follow. */
  let afterComma = false;
  let line = 1;
  /** Offset, in all that was read, of the first byte of this line. */
  let lineStart = 0;
  let chunkStart = 0;
  /** Of the element that has begun: its place, what of it lies in earlier chunks, and how much that is. */
  let at: Position = { line: 1, column: 1 };
  let held: Buffer[] = [];
  let heldBytes = 0;

  const here = (offset: number): Position => ({ line, column: chunkStart + offset - lineStart + 1 });
  const broken = (problem: string, offset: number) => {
    const { line: row, column } = here(offset);
    return new ManifestError(
      "ManifestSyntax",
      `reading the manifest ${name}: row ${row}, column ${column}: ${problem}, so the elements behind it can't be told apart; mend the JSON`,
    );
  };
  const hold = (bytes: Buffer) => {
    const already = heldBytes;
    heldBytes += bytes.length;
    if (heldBytes <= maxEntryBytes) held.push(bytes);
    else if (already <= maxEntryBytes) held = [Buffer.from(Buffer.concat([...held, bytes]).subarray(0, SAMPLE_BYTES))];
  };
  const finish = (chunk: Buffer, start: number, end: number): ManifestEntry => {
    let entry: ManifestEntry;
    if (heldBytes === 0 && end - start <= maxEntryBytes) {
      entry = elementEntry(chunk, start, end, at, rules);
    } else {
      hold(chunk.subarray(start, end));
      const bytes = held.length === 1 ? held[0]! : Buffer.concat(held);
      entry =
        heldBytes <= maxEntryBytes
          ? elementEntry(bytes, 0, bytes.length, at, rules)
          : unreadable(bytes, `is longer than ${maxEntryBytes} bytes`, at, rules);
    }
    held = [];
    heldBytes = 0;
    return entry;
  };

  for await (const chunk of source) {
    const entries: ManifestEntry[] = [];
    /** Where in this chunk the element that has begun begins. */
    let start = 0;
    for (let offset = 0; offset < chunk.length; offset++) {
      let byte = chunk[offset]!;
      if (inString) {
        if (escaped && byte !== LF) {
          escaped = false;
          continue;
        }
        // Most bytes are these: the plain ones of a string.
        while (byte !== QUOTE && byte !== BACKSLASH && byte !== LF && ++offset < chunk.length) byte = chunk[offset]!;
        if (byte === LF) throw broken("a string does not end on its line", offset);
        escaped = byte === BACKSLASH;
        inString = byte !== QUOTE;
        continue;
      }
      if (byte === LF) {
        line++;
        lineStart = chunkStart + offset + 1;
        continue;
      }
      if (state === "in an element") {
        if (byte === QUOTE) inString = true;
        else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
          if (closers.length === MAX_DEPTH) throw broken(`it nests deeper than ${MAX_DEPTH}`, offset);
          closers.push(byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY);
        } else if (closers.length > 0) {
          if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
            if (closers.pop() !== byte)
              throw broken(`a ${String.fromCharCode(byte)} closes no bracket of its kind`, offset);
          }
        } else if (byte === COMMA || byte === CLOSE_ARRAY) {
          entries.push(finish(chunk, start, offset));
          afterComma = byte === COMMA;
          state = afterComma ? "between elements" : "after the array";
        } else if (byte === CLOSE_OBJECT) throw broken("a } closes no bracket of its kind", offset);
        continue;
      }
      if (byte === 0x20 || byte === 0x09 || byte === 0x0d) continue;
      if (state === "between elements") {
        if (byte === COMMA || (byte === CLOSE_ARRAY && afterComma)) {
          const { line: row, column } = here(offset);
          entries.push(invalidEntry("syntax", "", "an element is missing beside a comma", row, column, rules));
        }
        if (byte === COMMA) afterComma = true;
        else if (byte === CLOSE_ARRAY) state = "after the array";
        else {
          state = "in an element";
          closers = [];
          at = here(offset);
          start = offset;
          offset--;
        }
      } else if (state === "before the array" && byte === OPEN_ARRAY) {
        state = "between elements";
      } else if (state === "before the array") {
        throw new ManifestError("ManifestNotArray", `reading the manifest ${name}: ${notAnArray(byte)}`);
      } else throw broken("there is more behind the array", offset);
    }
    if (state === "in an element") hold(chunk.subarray(start));
    chunkStart += chunk.length;
    if (entries.length > 0) yield entries;
  }
  if (state === "between elements" || state === "in an element") {
    throw new ManifestError(
      "ManifestUnterminated",
      `reading the manifest ${name}: it ends in row ${line}, before its array does; it may be cut off`,
    );
  }
}

function notAnArray(byte: number): string {
  return byte === OPEN_OBJECT
    ? "it is a JSON object, not an array; one row object a line is --format jsonl, an inventory's manifest.json --format cos-inventory or s3-inventory"
    : "it is not a JSON array; give an array of keys or of row objects, or say its --format";
}

function elementEntry(bytes: Buffer, start: number, end: number, at: Position, rules: RowRules): ManifestEntry {
  const text = bytes.toString("utf8", start, end);
  // A replacement character is either in the text, or in place of what is not UTF-8.
  if (text.includes("\ufffd") && !isUtf8(bytes.subarray(start, end))) {
    return unreadable(bytes.subarray(start, end), "is not UTF-8", at, rules);
  }
  return jsonEntry(text, at, rules);
}

function unreadable(bytes: Buffer, problem: string, at: Position, rules: RowRules): ManifestEntry {
  return invalidEntry("syntax", sampleText(bytes), problem, at.line, at.column, rules);
}
