/** The head of an HTTP/1.1 request (RFC 9112), as Latin-1 text. */

import { Fault } from "../exchange/fault.ts";
import { writtenValue } from "../exchange/header-values.ts";
import { oncePerNameList, type Pair } from "../port/header-names.ts";
import type { HttpRequest } from "../port/http.ts";

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

interface Lines {
  /** `\r\nname: `, by place. */
  readonly before: readonly string[];
  /** The value that stood there last, and as it was written: a host, or a content type, is the same for many. */
  readonly lastValue: string[];
  readonly lastWritten: string[];
}

const linesOf = oncePerNameList((names): Lines => {
  for (const name of names) {
    if (!token.test(name)) throw new Fault("InvalidRequest", `${JSON.stringify(name)} is no name of a header`);
  }
  const before = names.map((name) => `\r\n${name}: `);
  return { before, lastValue: names.map(() => ""), lastWritten: names.map(() => "") };
});

/** @throws Fault `InvalidRequest` for a name or a value that would end its line */
export function requestHead({
  method,
  target,
  headers,
  authorization,
}: Pick<HttpRequest, "method" | "target" | "headers" | "authorization">): string {
  const { before, lastValue, lastWritten } = linesOf(headers);
  let text = `${method} ${target} HTTP/1.1`;
  for (let place = 0; place < before.length; place++) {
    const [name, value] = headers[place] as Pair;
    if (value !== lastValue[place]) {
      lastWritten[place] = writtenValue(name, value);
      lastValue[place] = value;
    }
    text += before[place] as string;
    text += lastWritten[place] as string;
  }
  if (authorization !== undefined) text += `\r\nauthorization: ${authorization}`;
  return text + KEPT;
}

const KEPT = "\r\nconnection: keep-alive\r\n\r\n";

/** The same head, for a connection that carries nothing after it. */
export const usedOnce = (head: string): string => `${head.slice(0, -KEPT.length)}\r\nconnection: close\r\n\r\n`;
