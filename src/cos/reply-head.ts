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

/** Header values as the wire has them: visible characters, spaces and tabs, and whatever is beyond ASCII. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const control = /[\x00-\x08\x0a-\x1f\x7f]/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/;

/** Names are few and come again with each reply: the lower case of each that was seen to be one. */
const lowerNames = new Map<string, string>();
const MOST_NAMES = 1_000;

function lowerName(raw: string): string {
  let name = lowerNames.get(raw);
  if (name === undefined) {
    if (!token.test(raw)) throw new MalformedHttp("a line of the reply's head is no header");
    name = raw.toLowerCase();
    if (lowerNames.size < MOST_NAMES) lowerNames.set(raw, name);
  }
  return name;
}

/**
 * @param text the head without its empty line, as Latin-1
 * @param toHead does it answer a HEAD? Then its length is of a body that does not come
 * @throws MalformedHttp
 */
export function parseReplyHead(text: string, toHead: boolean): ReplyHead {
  let end = text.indexOf("\r\n");
  if (end < 0) end = text.length;
  const line = text.slice(0, end);
  const match = statusLine.exec(line);
  if (match === null || control.test(line)) throw new MalformedHttp("the reply does not begin with an HTTP/1.1 status");
  const status = Number(match[2]);
  const headers: Record<string, string> = {};
  const foreign = /[\x80-\xff]/.test(text);
  for (let at = end + 2; at < text.length; at = end + 2) {
    end = text.indexOf("\r\n", at);
    if (end < 0) end = text.length;
    const colon = text.indexOf(":", at);
    if (colon < 0 || colon >= end) throw new MalformedHttp("a line of the reply's head is no header");
    const name = lowerName(text.slice(at, colon));
    let value = text.slice(text.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1, end);
    if (control.test(value)) throw new MalformedHttp(`the reply's ${name} has a control character`);
    if (untrimmed(value)) value = value.trim();
    if (foreign) value = fromUtf8(value);
    if (name === "__proto__") continue;
    const before = headers[name];
    headers[name] = before === undefined ? value : repeated(name, before, value);
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
