/** The head of an HTTP/1.1 request (RFC 9112), as Latin-1 text. */
import { InvalidRequest } from "./transport-error.ts";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The names of earlier requests, by how many, each seen to be a token: most often they are the same. */
const MOST_HEADERS = 100;
const seenNames: readonly string[][] = Array.from({ length: MOST_HEADERS + 1 }, () => []);

/**
 * @param headers name, value, name, value, …; values are Unicode and go out as UTF-8
 * @throws InvalidRequest for a name or a value that would end its line
 */
export function requestHead(method: string, target: string, headers: readonly string[]): string {
  if (!/^[\x21-\x7e]+$/.test(target))
    throw new InvalidRequest("the request target has characters that are not encoded");
  let values = "";
  for (let at = 1; at < headers.length; at += 2) values += headers[at] as string;
  const isPlain = /^[\x20-\x7e]*$/.test(values);
  const seen = seenNames[Math.min(headers.length, MOST_HEADERS)] as string[];
  let text = `${method} ${target} HTTP/1.1\r\n`;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    if (name !== seen[at >> 1]) {
      if (!token.test(name)) throw new InvalidRequest(`${JSON.stringify(name)} is no name of a header`);
      seen[at >> 1] = name;
    }
    const value = headers[at + 1] as string;
    text += `${name}: ${isPlain ? value : onTheWire(name, value)}\r\n`;
  }
  return `${text}connection: keep-alive\r\n\r\n`;
}

/** A header value's UTF-8, as the Latin-1 text that is written byte by byte. */
function onTheWire(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw new InvalidRequest(`the value of ${name} has a control character`);
  return /^[\x20-\x7e]*$/.test(value) ? value : Buffer.from(value, "utf8").toString("latin1");
}
