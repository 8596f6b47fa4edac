/**
 * Cuts CSV (RFC 4180) into records. Most records have no quotes, or quotes around every field and none inside: those are split
 * here, which is several times faster. Every other record is csv-parse's.
 *
 * A record with quotes ends at the first line end where the number of its quotes is even: until then a quoted field is open.
 * Where the quoting of a record is wrong, only its first line is given up; reading goes on with the line after it, so that
 * every line is either read or reported.
 */
import { CsvError } from "csv-parse";
import { parse } from "csv-parse/sync";
import { type Line, maxEntryBytes, withoutCr } from "./text-lines.ts";

export type CsvRecord =
  | { readonly kind: "record"; readonly fields: readonly string[]; readonly line: number }
  | {
      readonly kind: "fault";
      /** How the line begins. */
      readonly sample: string;
      readonly problem: string;
      readonly line: number;
      /** The number of the field, from 1. */
      readonly column?: number | undefined;
    };

export interface CsvRecords {
  /** Takes the lines that begin with number `firstLine`, and gives the records that end in them. */
  take(lines: readonly Line[], firstLine: number): readonly CsvRecord[];
  /** Gives what is left when there are no more lines. */
  end(): readonly CsvRecord[];
}

/** csv-parse costs more a call than a record: neighbouring records go together. */
const TOGETHER = 256;

interface Framed {
  readonly text: string;
  readonly line: number;
}

export function createCsvRecords(): CsvRecords {
  /** The lines of a record whose quoted field is still open. */
  let open: string[] = [];
  let openLine = 0;
  let openBytes = 0;

  const read = (lines: readonly Line[], firstLine: number, isEnd: boolean): readonly CsvRecord[] => {
    const records: CsvRecord[] = [];
    let framed: Framed[] = [];
    /** Lines of a record that was given up, to be read again before the rest of `lines`. */
    let again: Line[] = [];
    let nextAgain = 0;
    let next = 0;
    let line = firstLine;

    const flush = () => {
      if (framed.length > 0) parseFramed(framed, records);
      framed = [];
    };
    const add = (record: CsvRecord) => {
      flush();
      records.push(record);
    };
    const frame = (text: string, at: number) => {
      framed.push({ text, line: at });
      if (framed.length >= TOGETHER) flush();
    };
    const giveUp = (problem: string) => {
      const [first = "", ...others] = open;
      add({ kind: "fault", sample: withoutCr(first), problem, line: openLine, column: readOne(first).column });
      // Of lines read again only the last can open a record (only its quotes are odd), so none of them is unread here.
      again = others;
      nextAgain = 0;
      line = openLine + 1;
      open = [];
    };
    const begin = (text: string) => {
      const record = withoutCr(text);
      const fields = splitPlain(record);
      if (fields !== undefined) {
        if (record !== "") add({ kind: "record", fields, line });
      } else if (hasOddQuotes(record)) {
        const found = readOne(record);
        if (found.kind === "open") {
          open = [text];
          openLine = line;
          openBytes = Buffer.byteLength(text);
        } else add({ kind: "fault", sample: record, problem: found.problem, line, column: found.column });
      } else frame(record, line);
    };
    const fits = (text: Line) => typeof text === "string" && openBytes + 1 + Buffer.byteLength(text) <= maxEntryBytes;
    const goOn = (text: string) => {
      open.push(text);
      openBytes += 1 + Buffer.byteLength(text);
      if (!hasOddQuotes(text)) return;
      const whole = withoutCr(open.join("\n"));
      const found = readOne(whole);
      if (found.kind !== "right") return giveUp(found.problem);
      frame(whole, openLine);
      open = [];
    };

    for (;;) {
      const text = again[nextAgain] ?? lines[next];
      if (text === undefined) {
        if (!isEnd || open.length === 0) break;
        giveUp("a quote is opened and never closed");
        continue;
      }
      if (open.length > 0 && !fits(text)) {
        giveUp(`a quote is opened and not closed within ${maxEntryBytes} bytes`);
        continue;
      }
      if (nextAgain < again.length) nextAgain++;
      else next++;
      if (typeof text !== "string") add({ kind: "fault", sample: text.sample, problem: text.problem, line });
      else if (open.length > 0) {
        line++;
        goOn(text);
        continue;
      } else begin(text);
      line++;
    }
    flush();
    return records;
  };

  return {
    take: (lines, firstLine) => read(lines, firstLine, false),
    end: () => read([], openLine + open.length, true),
  };
}

/** The fields of a record without quotes, or with quotes around each field and none inside; undefined for any other. */
export function splitPlain(record: string): string[] | undefined {
  return record.includes('"') ? splitQuoted(record) : splitBare(record);
}

/** As `record.split(",")` does, and faster. */
function splitBare(record: string): string[] {
  const fields: string[] = [];
  let from = 0;
  for (let comma = record.indexOf(","); comma !== -1; comma = record.indexOf(",", from)) {
    fields.push(record.slice(from, comma));
    from = comma + 1;
  }
  fields.push(record.slice(from));
  return fields;
}

const QUOTE = 0x22;
const COMMA = 0x2c;

function splitQuoted(record: string): string[] | undefined {
  if (record.charCodeAt(0) !== QUOTE) return undefined;
  const fields: string[] = [];
  for (let from = 1; ; from += 3) {
    const end = record.indexOf('"', from);
    if (end === -1) return undefined;
    fields.push(record.slice(from, end));
    if (end + 1 === record.length) return fields;
    if (record.charCodeAt(end + 1) !== COMMA || record.charCodeAt(end + 2) !== QUOTE) return undefined;
    from = end;
  }
}

const csvOptions = { record_delimiter: ["\r\n", "\n"], relax_column_count: true };

/** Each text of `framed` has an even number of quotes, so together they have as many records as each by itself. */
function parseFramed(framed: readonly Framed[], records: CsvRecord[]): void {
  let parsed: string[][] | undefined;
  try {
    parsed = parse(framed.map(({ text }) => text).join("\n"), csvOptions);
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
  }
  if (parsed?.length === framed.length) {
    framed.forEach(({ line }, index) => {
      records.push({ kind: "record", fields: parsed[index]!, line });
    });
    return;
  }
  for (const { text, line } of framed) {
    const found = readOne(text);
    if (found.kind === "right") records.push({ kind: "record", fields: found.fields, line });
    else records.push({ kind: "fault", sample: text, problem: found.problem, line, column: found.column });
  }
}

type Reading =
  | { readonly kind: "right"; readonly fields: readonly string[]; readonly problem: ""; readonly column?: undefined }
  | { readonly kind: "open" | "wrong"; readonly problem: string; readonly column: number | undefined };

/** Reads the text of one record, or says what is wrong with its quotes, and in which field. */
function readOne(text: string): Reading {
  try {
    return { kind: "right", fields: (parse(text, csvOptions) as string[][])[0] ?? [], problem: "" };
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown;
    const column = typeof thrown.column === "number" ? thrown.column + 1 : undefined;
    if (thrown.code === "CSV_QUOTE_NOT_CLOSED") {
      return { kind: "open", problem: "a quote is opened and never closed", column };
    }
    const problem = "a quote stands inside a field; quote the whole field and double the quotes in it";
    return { kind: "wrong", problem, column };
  }
}

function hasOddQuotes(text: string): boolean {
  let odd = false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) odd = !odd;
  return odd;
}
