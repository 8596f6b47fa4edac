/** The head of an HTTP/1.1 request (RFC 9112), as Latin-1 text. */

import { InvalidRequest } from "../exchange/fault.ts";
import { byNames, type Pair } from "../port/header-names.ts";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

interface Lines {
  /** `\r\nname: `, by place. */
  readonly before: readonly string[];
  /** The value that stood there last, and as it was written: a host, or a content type, is the same for many. */
  readonly lastValue: string[];
  readonly lastWritten: string[];
}

const linesOf = byNames((names): Lines => {
  for (const name of names) {
    if (!token.test(name)) throw new InvalidRequest(`${JSON.stringify(name)} is no name of a header`);
  }
  const before = names.map((name) => `\r\n${name}: `);
  return { before, lastValue: names.map(() => ""), lastWritten: names.map(() => "") };
});

/**
 * @param target encoded
 * @param headers values are Unicode and go out as UTF-8
 * @param authorization the value of one more, of visible ASCII
 * @throws InvalidRequest for a name or a value that would end its line
 */
export function requestHead(
  method: string,
  target: string,
  headers: readonly Pair[],
  authorization: string | undefined,
): string {
  const { before, lastValue, lastWritten } = linesOf(headers);
  let text = `${method} ${target} HTTP/1.1`;
  for (let place = 0; place < before.length; place++) {
    const [name, value] = headers[place] as Pair;
    if (value !== lastValue[place]) {
      lastWritten[place] = onTheWire(name, value);
      lastValue[place] = value;
    }
    text += before[place] as string;
    text += lastWritten[place] as string;
  }
  if (authorization !== undefined) text += `\r\nauthorization: ${authorization}`;
  return `${text}\r\nconnection: keep-alive\r\n\r\n`;
}

/** A header value's UTF-8, as the Latin-1 text that is written byte by byte. */
function onTheWire(name: string, value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) throw new InvalidRequest(`the value of ${name} has a control character`);
  return Buffer.from(value, "utf8").toString("latin1");
}
