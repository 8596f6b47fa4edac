/**
 * How a key is written in a manifest, and what a key may be (documents 436/13324, 436/14518).
 *
 * `url`, the encoding of S3 and COS inventories and of S3 Batch manifests, is read the way HTML forms are: `%XX` is a byte of
 * UTF-8 and `+` is a space. S3 Inventory writes a space as `+` and a plus as `%2B` (cloud-custodian issue 1997); encoders that
 * write a space as `%20` write a plus as `%2B` too. So a bare `+` comes from a space, or from a file that was never encoded:
 * for that one say `--key-encoding raw`. Where one manifest has a bare `+` and a `%20`, nobody can tell which space the `+` is, or
 * whether it is a plus: it is refused.
 */

import { quote } from "../vocabulary/errors.ts";
import { maxKeyBytes } from "../vocabulary/limits.ts";
import { ManifestError } from "./manifest-error.ts";

export type Decoded =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "fault"; readonly problem: string };

/** How the URL-encoded texts of one manifest write a space: each is looked at once, in order. */
export interface Spaces {
  /** @throws ManifestError `ManifestPlus` */
  look(text: string, line: number, where?: string | undefined): void;
}

/** @param name of the manifest, for the message */
export function createSpaces(name: string): Spaces {
  let plus: string | undefined;
  let percent: string | undefined;
  return {
    look(text, line, where = "") {
      const row = () => `${where}row ${line} (${quote(text)})`;
      if (plus === undefined && text.includes("+")) plus = row();
      if (percent === undefined && text.includes("%20")) percent = row();
      if (plus === undefined || percent === undefined) return;
      throw new ManifestError(
        "ManifestPlus",
        `reading the manifest ${name}: ${plus} has a + and ${percent} a %20, so that it is not known whether + is a space or a plus; write a plus as %2B, and a space as %20 in all rows or as + in all`,
      );
    },
  };
}

/** Decodes one URL-encoded key. */
export function decodeKey(text: string): Decoded {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return { kind: "key", key: spaced };
  try {
    return { kind: "key", key: decodeURIComponent(spaced) };
  } catch {
    const why = /%(?![0-9a-f]{2})/i.test(spaced)
      ? "a % is not followed by two hexadecimal digits"
      : "its %XX do not make UTF-8";
    return { kind: "fault", problem: `${quote(text)} is not URL-encoded (${why}); raw keys need --key-encoding raw` };
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters COS does not take
const unsupported = /[\0\x18-\x1b]/;

/** Says why `key` can't be a key of COS; undefined where it can. */
export function keyProblem(key: string): string | undefined {
  if (key === "") return "is empty";
  const first = key.charCodeAt(0);
  if (first === 0x2f || first === 0x5c) return `${quote(key)} begins with ${key[0]}, which COS does not take`;
  if (key.length * 3 > maxKeyBytes && Buffer.byteLength(key) > maxKeyBytes) {
    return `${quote(key)} has ${Buffer.byteLength(key)} bytes, and COS takes ${maxKeyBytes}`;
  }
  const found = unsupported.exec(key);
  if (found !== null) {
    return `${quote(key)} contains the control character ${found[0].charCodeAt(0)}, which COS does not take`;
  }
  if (!key.isWellFormed()) return `${quote(key.toWellFormed())} contains half of a surrogate pair`;
  return undefined;
}
