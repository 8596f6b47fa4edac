/**
 * Metadata beyond ASCII. S3 takes it as RFC 2047 encoded words, and gives it back so (User Guide, "User-defined object metadata"); services that
 * look at nothing give back what they were given. Text is UTF-8; what is no text (header-values.ts: bytes as lone surrogates) goes as
 * ISO-8859-1, whose characters are its bytes.
 */
import { bytesOfValue, readValue } from "../../http/exchange/header-values.ts";

const plain = /^[\x20-\x7e]*$/;
const word = /=\?(utf-8|iso-8859-1|us-ascii)\?([bq])\?([^?\s]*)\?=/gi;

export function encodeWord(value: string): string {
  // What looks like a word already would come back as another text.
  if (plain.test(value) && !value.includes("=?")) return value;
  const charset = value.isWellFormed() ? "UTF-8" : "ISO-8859-1";
  return `=?${charset}?B?${bytesOfValue(value).toString("base64")}?=`;
}

export function decodeWords(value: string): string {
  if (!value.includes("=?")) return value;
  // White space between two words is none of the text.
  return value.replace(/\?=[ \t]+=\?/g, "?==?").replace(word, (_, charset: string, kind: string, text: string) => {
    const bytes = kind.toLowerCase() === "b" ? Buffer.from(text, "base64") : quotedBytes(text);
    return charset.toLowerCase() === "utf-8" ? bytes.toString("utf8") : readValue(bytes.toString("latin1"));
  });
}

/** `=E9` and `_` for a space. */
function quotedBytes(text: string): Buffer {
  const latin1 = text
    .replaceAll("_", " ")
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, "latin1");
}
