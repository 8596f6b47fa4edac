/**
 * An object of a bucket as a golden file keeps it: one line of JSON, so that a person can read it and git can compare it. The
 * bytes are exactly those that were written: as text, or packed beside the lines that they hold.
 */
import { gunzipSync } from "node:zlib";

export interface KeptObject {
  /** Within its bucket. */
  readonly key: string;
  /** When it was written, ISO 8601 UTC. */
  readonly modified: string;
  /** Content-Type and the like, and x-cos-meta-*. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: KeptBody;
}

export type KeptBody =
  | { readonly text: string }
  /** base64, and what a reader finds in it. */
  | { readonly gzip: string; readonly lines: readonly string[] }
  | { readonly base64: string }
  /** The bytes of the source's object of that key: what was archived. */
  | { readonly sameAs: string };

/** `sameAs`: the source's object that it was archived from, where it was. */
export function keepBody(key: string, bytes: Buffer, sameAs: string | undefined): KeptBody {
  if (sameAs !== undefined) return { sameAs };
  if (key.endsWith(".gz")) return { gzip: bytes.toString("base64"), lines: linesOf(bytes) };
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") };
}

/** `source`: the bytes of a source's object. */
export function bytesOf(body: KeptBody, source: (key: string) => Buffer): Buffer {
  if ("text" in body) return Buffer.from(body.text);
  if ("gzip" in body) return Buffer.from(body.gzip, "base64");
  if ("base64" in body) return Buffer.from(body.base64, "base64");
  return source(body.sameAs);
}

export const linesOf = (packed: Buffer): string[] => gunzipSync(packed).toString("utf8").split("\n");

export const toLines = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");

export const fromLines = <T>(text: string): T[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
