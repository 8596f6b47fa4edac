/** The head of an HTTP/1.1 request (RFC 9112), as Latin-1 text. */
import { InvalidRequest } from "./transport-error.ts";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Names that were seen to be tokens: they are few and come again with each request. */
const names = new Set<string>();
const MOST_NAMES = 1_000;

/**
 * @param headers values are Unicode and go out as UTF-8
 * @throws InvalidRequest for a name or a value that would end its line
 */
export function requestHead(
  method: string,
  target: string,
  headers: readonly (readonly [name: string, value: string])[],
): string {
  if (!/^[\x21-\x7e]+$/.test(target))
    throw new InvalidRequest("the request target has characters that are not encoded");
  let text = `${method} ${target} HTTP/1.1\r\n`;
  for (const [name, value] of headers) {
    if (!names.has(name)) {
      if (!token.test(name)) throw new InvalidRequest(`${JSON.stringify(name)} is no name of a header`);
      if (names.size < MOST_NAMES) names.add(name);
    }
    text += `${name}: ${onTheWire(name, value)}\r\n`;
  }
  return `${text}connection: keep-alive\r\n\r\n`;
}

/** A header value's UTF-8, as the Latin-1 text that is written byte by byte. */
function onTheWire(name: string, value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw new InvalidRequest(`the value of ${name} has a control character`);
  return Buffer.from(value, "utf8").toString("latin1");
}
