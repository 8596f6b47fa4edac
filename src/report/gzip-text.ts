/**
 * Text as gzip, compressed piece by piece as it comes, so that no more than a piece of it is ever held as text. Each piece
 * is a gzip member of its own, and members one after the other are a gzip file (RFC 1952, 2.2).
 */
import { gzipSync } from "node:zlib";

export interface GzipText {
  add(text: string): void;
  /** The whole file. */
  end(): Buffer;
}

const PIECE = 1024 * 1024;
/** Results at level 6 are two per cent smaller, and take twice as long. */
const LEVEL = 1;

/** `begun`: what an earlier one came to, where its text goes on. */
export function createGzipText(begun?: Buffer): GzipText {
  const members = begun === undefined ? [] : [begun];
  let waiting: string[] = [];
  let length = 0;
  const press = () => {
    members.push(gzipSync(waiting.join(""), { level: LEVEL }));
    waiting = [];
    length = 0;
  };
  return {
    add(text) {
      waiting.push(text);
      length += text.length;
      if (length >= PIECE) press();
    },
    end() {
      if (length > 0 || members.length === 0) press();
      return Buffer.concat(members);
    },
  };
}
