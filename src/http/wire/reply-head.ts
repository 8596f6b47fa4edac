/**
 * The head of an HTTP/1.1 reply (RFC 9112), and what it says of the body that follows. Strict: what two readers could take for
 * two different things (a folded line, two lengths, a length beside chunks) is refused, never repaired.
 */
import { malformedHttp } from "../exchange/fault.ts";
import { readValue, trimmedValue } from "../exchange/header-values.ts";
import type { Headers } from "../port/http.ts";

export interface ReplyHead {
  readonly status: number;
  readonly headers: Headers;
  /** How the body ends (RFC 9112, 6.3): there is none, after so many bytes, with its last chunk, or with the connection. */
  readonly body: "none" | number | "chunks" | "close";
  /** May the connection carry another request afterwards? */
  readonly persistent: boolean;
}

/** Header values as the wire has them: visible characters, spaces and tabs, and whatever is beyond ASCII. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const control = /[\x00-\x08\x0a-\x1f\x7f]/;
const plain = /^[\x20-\x7e]*$/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;

interface Line {
  /** As it came, with its colon. */
  readonly raw: string;
  readonly name: string;
  /** No line above it has its name. */
  readonly isFirst: boolean;
}

/**
 * Reads the heads of the replies of one connection. They mostly have the status and the names of the one before, in its
 * order, so what was found out about those holds again.
 */
export class HeadParser {
  #statusLine = "";
  #status = 0;
  #old = false;
  readonly #lines: Line[] = [];

  /**
   * @param text the head without its empty line, as Latin-1
   * @param toHead does it answer a HEAD? Then its length is of a body that does not come
   * @throws Fault `MalformedHttp`
   */
  parse(text: string, toHead: boolean): ReplyHead {
    let end = endOfLine(text, 0);
    this.#readStatus(text.slice(0, end));
    const status = this.#status;
    const headers: Record<string, string> = {};
    let place = 0;
    for (let at = end + 2; at < text.length; at = end + 2) {
      end = endOfLine(text, at);
      let line = this.#lines[place];
      if (line === undefined || !text.startsWith(line.raw, at)) line = this.#learn(place, text.slice(at, end), headers);
      place++;
      const { name } = line;
      const from = at + line.raw.length;
      let value = text.slice(text.charCodeAt(from) === 0x20 ? from + 1 : from, end);
      if (!plain.test(value)) value = unusual(name, value);
      if (untrimmed(value)) value = trimmedValue(value);
      if (line.isFirst) headers[name] = value;
      else if (name !== "__proto__") headers[name] = repeated(name, headers[name] as string, value);
    }
    const { connection } = headers;
    const old = this.#old;
    return {
      status,
      headers,
      body:
        toHead || status === 204 || status === 304 || status < 200
          ? "none"
          : bodyOf(headers["content-length"], headers["transfer-encoding"]),
      persistent:
        connection === undefined || connection === "keep-alive"
          ? !old || connection !== undefined
          : !old && !/(^|,)\s*close\s*(,|$)/i.test(connection),
    };
  }

  #readStatus(line: string): void {
    if (line === this.#statusLine) return;
    const match = statusLine.exec(line);
    if (match === null || control.test(line)) {
      throw malformedHttp("the reply does not begin with an HTTP/1.1 status");
    }
    this.#statusLine = line;
    this.#status = Number(match[2]);
    this.#old = match[1] === "0";
  }

  /** From `place` on the names are others than those of the reply before. */
  #learn(place: number, text: string, above: Headers): Line {
    const lines = this.#lines;
    if (place < lines.length) lines.length = place;
    const colon = text.indexOf(":");
    const raw = text.slice(0, Math.max(0, colon));
    if (!token.test(raw)) throw malformedHttp("a line of the reply's head is no header");
    const name = raw.toLowerCase();
    const line = { raw: `${raw}:`, name, isFirst: name !== "__proto__" && !Object.hasOwn(above, name) };
    if (place < MOST_LINES) lines.push(line);
    return line;
  }
}

/** More are not remembered. */
const MOST_LINES = 100;

/** Where a carriage return stands that a line feed follows. */
function endOfLine(text: string, from: number): number {
  for (let at = from; ; at++) {
    at = text.indexOf("\r", at);
    if (at < 0) return text.length;
    if (text.charCodeAt(at + 1) === 0x0a) return at;
  }
}

/** @throws Fault `MalformedHttp` */
function unusual(name: string, value: string): string {
  if (control.test(value)) throw malformedHttp(`the reply's ${name} has a control character`);
  return readValue(value);
}

function bodyOf(length: string | undefined, coding: string | undefined): ReplyHead["body"] {
  if (coding !== undefined) {
    if (length !== undefined) throw malformedHttp("the reply has both a Content-Length and a Transfer-Encoding");
    if (coding.toLowerCase() !== "chunked") throw malformedHttp("the reply's Transfer-Encoding is not chunked");
    return "chunks";
  }
  if (length === undefined) return "close";
  const bytes = Number(length);
  if (!/^\d+$/.test(length) || !Number.isSafeInteger(bytes)) {
    throw malformedHttp("the reply's Content-Length is no length");
  }
  return bytes;
}

function repeated(name: string, before: string, value: string): string {
  if (name !== "content-length") return `${before}, ${value}`;
  if (before !== value) throw malformedHttp("the reply has two lengths");
  return value;
}

const isSpace = (code: number) => code === 0x20 || code === 0x09;
const untrimmed = (value: string) =>
  value !== "" && (isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1)));
