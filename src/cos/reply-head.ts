/**
 * The head of an HTTP/1.1 reply (RFC 9112), and what it says of the body that follows. Strict: what two readers could take for
 * two different things (a folded line, two lengths, a length beside chunks) is refused, never repaired.
 */
import type { Headers } from "./bucket.ts";

export interface ReplyHead {
  readonly status: number;
  readonly headers: Headers;
  /** How the body ends (RFC 9112, 6.3): there is none, after so many bytes, with its last chunk, or with the connection. */
  readonly body: "none" | number | "chunks" | "close";
  /** May the connection carry another request afterwards? */
  readonly persistent: boolean;
}

/** The peer does not speak HTTP/1.1, or not well enough to be sure where its replies end. */
export class MalformedHttp extends Error {
  override readonly name = "MalformedHttp";
  readonly code = "MalformedHttp";
}

/** What a head may not hold beside what ends its lines: all but tab, visible ASCII and what is beyond ASCII. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const control = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const plain = /^[\t\r\n\x20-\x7e]*$/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;

/**
 * The names of an earlier head, line by line. Replies to one kind of request have the same names in the same order, and to find
 * again what is expected costs a third of reading it anew.
 */
export interface KnownNames {
  /** `ETag:`, as it came, and its lower case without the colon. */
  readonly lines: { readonly raw: string; readonly name: string }[];
  /** Some name comes twice. */
  repeats: boolean;
}

export const noKnownNames = (): KnownNames => ({ lines: [], repeats: false });

/**
 * @param text the head without its empty line, as Latin-1
 * @param toHead does it answer a HEAD? Then its length is of a body that does not come
 * @param known brought up to date
 * @throws MalformedHttp
 */
export function parseReplyHead(text: string, toHead: boolean, known: KnownNames = noKnownNames()): ReplyHead {
  const isPlain = plain.test(text);
  if (!isPlain && control.test(text)) throw new MalformedHttp("the reply's head has a control character");
  let end = lineEnd(text, 0);
  const match = statusLine.exec(text.slice(0, end));
  if (match === null) throw new MalformedHttp("the reply does not begin with an HTTP/1.1 status");
  const status = Number(match[2]);
  const headers: Record<string, string> = {};
  let asKnown = true;
  for (let at = end + 2, line = 0; at < text.length; at = end + 2, line++) {
    end = lineEnd(text, at);
    let expected = known.lines[line];
    if (expected === undefined || !text.startsWith(expected.raw, at)) {
      const colon = text.indexOf(":", at);
      if (colon < 0 || colon >= end) throw new MalformedHttp("a line of the reply's head is no header");
      if (asKnown) {
        known.lines.length = line;
        asKnown = false;
      }
      expected = nameOf(text.slice(at, colon));
      known.lines.push(expected);
    }
    const { raw, name } = expected;
    const from = at + raw.length;
    let value = text.slice(text.charCodeAt(from) === 0x20 ? from + 1 : from, end);
    if (untrimmed(value)) value = value.trim();
    if (!isPlain) value = fromUtf8(value);
    if (name === "__proto__") continue;
    if (asKnown && !known.repeats) {
      headers[name] = value;
      continue;
    }
    const before = headers[name];
    headers[name] = before === undefined ? value : repeated(name, before, value);
    known.repeats ||= before !== undefined;
  }
  const coding = headers["transfer-encoding"];
  const connection = headers.connection;
  const old = match[1] === "0";
  return {
    status,
    headers,
    body:
      toHead || status === 204 || status === 304 || status < 200 ? "none" : bodyOf(headers["content-length"], coding),
    persistent:
      connection === undefined || connection === "keep-alive"
        ? !old || connection !== undefined
        : !old && !/(^|,)\s*close\s*(,|$)/i.test(connection),
  };
}

/** Where the line that begins at `at` ends. CR and LF come only together, and only there. */
function lineEnd(text: string, at: number): number {
  const cr = text.indexOf("\r", at);
  const lf = text.indexOf("\n", at);
  if (cr < 0 && lf < 0) return text.length;
  if (lf !== cr + 1 || cr < 0) throw new MalformedHttp("the reply's head has a control character");
  return cr;
}

function nameOf(raw: string): KnownNames["lines"][number] {
  if (!token.test(raw)) throw new MalformedHttp("a line of the reply's head is no header");
  return { raw: `${raw}:`, name: raw.toLowerCase() };
}

function bodyOf(length: string | undefined, coding: string | undefined): ReplyHead["body"] {
  if (coding !== undefined) {
    if (length !== undefined) throw new MalformedHttp("the reply has both a Content-Length and a Transfer-Encoding");
    if (coding.toLowerCase() !== "chunked") throw new MalformedHttp("the reply's Transfer-Encoding is not chunked");
    return "chunks";
  }
  if (length === undefined) return "close";
  const bytes = Number(length);
  if (!/^\d+$/.test(length) || !Number.isSafeInteger(bytes)) {
    throw new MalformedHttp("the reply's Content-Length is no length");
  }
  return bytes;
}

function repeated(name: string, before: string, value: string): string {
  if (name !== "content-length") return `${before}, ${value}`;
  if (before !== value) throw new MalformedHttp("the reply has two lengths");
  return value;
}

const isSpace = (code: number) => code === 0x20 || code === 0x09;
const untrimmed = (value: string) =>
  value !== "" && (isSpace(value.charCodeAt(0)) || isSpace(value.charCodeAt(value.length - 1)));

/** COS writes UTF-8; what is none is left as the Latin-1 that it was read as. */
function fromUtf8(latin1: string): string {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return text.includes("\ufffd") ? latin1 : text;
}
