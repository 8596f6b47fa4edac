/** The head of an HTTP/1.1 request (RFC 9112), as Latin-1 text. */
import { InvalidRequest } from "./transport-error.ts";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What stands before each value, of an earlier request with as many headers; the names were seen to be tokens. */
interface Line {
  readonly name: string;
  /** `CRLF name: `, in one piece, as a text of fewer pieces is made and written faster. */
  readonly before: string;
}
const MOST_HEADERS = 100;
const earlier: readonly Line[][] = Array.from({ length: MOST_HEADERS + 1 }, () => []);

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
  let values = "";
  for (const header of headers) values += header[1];
  const isPlain = /^[\x20-\x7e]*$/.test(values);
  const lines = earlier[Math.min(headers.length, MOST_HEADERS)] as Line[];
  let text = `${method} ${target} HTTP/1.1`;
  for (let at = 0; at < headers.length; at++) {
    const [name, value] = headers[at]!;
    let line = lines[at];
    if (line?.name !== name) {
      if (!token.test(name)) throw new InvalidRequest(`${JSON.stringify(name)} is no name of a header`);
      line = { name, before: `\r\n${name}: ` };
      if (at < MOST_HEADERS) lines[at] = line;
    }
    text += line.before;
    text += isPlain ? value : onTheWire(name, value);
  }
  return `${text}\r\nconnection: keep-alive\r\n\r\n`;
}

/** A header value's UTF-8, as the Latin-1 text that is written byte by byte. */
function onTheWire(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw new InvalidRequest(`the value of ${name} has a control character`);
  return /^[\x20-\x7e]*$/.test(value) ? value : Buffer.from(value, "utf8").toString("latin1");
}
