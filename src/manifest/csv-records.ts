/**
 * Cuts CSV (RFC 4180) into records. csv-parse reads them, many at a call; what is done here is what it does not do: it would lose
 * every line between a quote that is wrong and the next one, and to tell on which line a record begins takes it twice as long.
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

/** A record's text, with an even number of quotes, and the line it begins on. */
interface Framed {
  readonly text: string;
  readonly line: number;
}

/** @param separator of fields */
export function createCsvRecords(separator = ","): CsvRecords {
  const { parseFramed, readOne } = recordParser(separator);
  /** The lines of a record whose quoted field is still open. */
  let open: string[] = [];
  let openLine = 0;
  let openBytes = 0;

  const read = (lines: readonly Line[], firstLine: number, isEnd: boolean): readonly CsvRecord[] => {
    const records: CsvRecord[] = [];
    let framed: Framed[] = [];
    /** The last one is next, and has the number `line`. */
    const left = lines.toReversed();
    let line = firstLine;

    const flush = () => {
      parseFramed(framed, records);
      framed = [];
    };
    const fault = (sample: string, problem: string, at: number, column?: number) => {
      flush();
      records.push({ kind: "fault", sample, problem, line: at, column });
    };
    const giveUp = (problem: string) => {
      const [first = "", ...others] = open;
      fault(withoutCr(first), problem, openLine, readOne(first).column);
      for (const other of others.reverse()) left.push(other);
      line = openLine + 1;
      open = [];
    };
    const begin = (text: string, at: number) => {
      const record = withoutCr(text);
      if (!hasOddQuotes(record)) {
        if (record !== "") framed.push({ text: record, line: at });
        return;
      }
      const found = readOne(record);
      if (found.kind !== "open") return fault(record, found.problem, at, found.column);
      open = [text];
      openLine = at;
      openBytes = Buffer.byteLength(text);
    };
    const goOn = (text: string) => {
      open.push(text);
      openBytes += 1 + Buffer.byteLength(text);
      if (!hasOddQuotes(text)) return;
      const whole = withoutCr(open.join("\n"));
      const found = readOne(whole);
      if (found.kind !== "right") return giveUp(found.problem);
      framed.push({ text: whole, line: openLine });
      open = [];
    };
    const fits = (text: Line) => typeof text === "string" && openBytes + 1 + Buffer.byteLength(text) <= maxEntryBytes;

    for (;;) {
      const text = left.at(-1);
      if (text === undefined && !(isEnd && open.length > 0)) break;
      if (text === undefined) giveUp("a quote is opened and never closed");
      else if (open.length > 0 && !fits(text)) giveUp(`a quote is opened and not closed within ${maxEntryBytes} bytes`);
      else {
        left.pop();
        const at = line++;
        if (typeof text !== "string") fault(text.sample, text.problem, at);
        else if (open.length > 0) goOn(text);
        else begin(text, at);
      }
    }
    flush();
    return records;
  };

  return {
    take: (lines, firstLine) => read(lines, firstLine, false),
    end: () => read([], openLine + open.length, true),
  };
}

/** A CR at the end of a line has been taken off already: one that is left is data. */
const csvOptions = { record_delimiter: "\n", relax_column_count: true };

type Reading =
  | { readonly kind: "right"; readonly fields: readonly string[]; readonly problem: ""; readonly column?: undefined }
  | { readonly kind: "open" | "wrong"; readonly problem: string; readonly column: number | undefined };

/** What reads the text of records whose fields are separated so. */
function recordParser(delimiter: string) {
  const options = { ...csvOptions, delimiter };

  /** Where the quotes of one are wrong, the others are read nonetheless, in halves: csv-parse costs more a call than a record. */
  function parseFramed(framed: readonly Framed[], records: CsvRecord[]): void {
    // Without a quote there is nothing to read but separators, which takes csv-parse four times as long.
    if (framed.every(({ text }) => !text.includes('"'))) {
      for (const { text, line } of framed) records.push({ kind: "record", fields: text.split(delimiter), line });
      return;
    }
    if (framed.length <= 1) {
      for (const { text, line } of framed) {
        const found = readOne(text);
        if (found.kind === "right") records.push({ kind: "record", fields: found.fields, line });
        else records.push({ kind: "fault", sample: text, problem: found.problem, line, column: found.column });
      }
      return;
    }
    const parsed = parseAll(framed.map(({ text }) => text).join("\n"));
    if (parsed instanceof CsvError || parsed.length !== framed.length) {
      const half = framed.length >> 1;
      parseFramed(framed.slice(0, half), records);
      parseFramed(framed.slice(half), records);
      return;
    }
    for (const [index, { line }] of framed.entries()) records.push({ kind: "record", fields: parsed[index]!, line });
  }

  /** Reads the text of one record, or says what is wrong with its quotes, and in which field. */
  function readOne(text: string): Reading {
    const parsed = parseAll(text);
    if (!(parsed instanceof CsvError)) return { kind: "right", fields: parsed[0] ?? [], problem: "" };
    const column = typeof parsed.column === "number" ? parsed.column + 1 : undefined;
    if (parsed.code === "CSV_QUOTE_NOT_CLOSED") {
      return { kind: "open", problem: "a quote is opened and never closed", column };
    }
    const problem = "a quote stands inside a field; quote the whole field and double the quotes in it";
    return { kind: "wrong", problem, column };
  }

  function parseAll(text: string): string[][] | CsvError {
    try {
      return parse(text, options);
    } catch (thrown) {
      if (thrown instanceof CsvError) return thrown;
      throw thrown;
    }
  }

  return { parseFramed, readOne };
}

function hasOddQuotes(text: string): boolean {
  let odd = false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) odd = !odd;
  return odd;
}
