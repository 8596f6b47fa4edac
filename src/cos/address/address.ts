/**
 * How people name a bucket, and a place in it: `cos://BUCKET-APPID[/PREFIX]`.
 *
 * The prefix is data and is used exactly as it is written: it is not URL-decoded, and no slash is added or taken away.
 * `cos://photos-1250000000/2024` therefore also means keys that begin with `2024-draft/`, as a prefix does everywhere
 * in COS; who means a folder writes `cos://photos-1250000000/2024/`.
 */

import { quote, UserError } from "../../vocabulary/errors.ts";
import { maxKeyBytes } from "../../vocabulary/limits.ts";
import { isBucketName, maxBucketName } from "../../vocabulary/names.ts";

export interface Address {
  /** NAME-APPID */
  readonly bucket: string;
  /** As written, "" where there is none. Never begins with `/` or `\`. */
  readonly prefix: string;
}

/**
 * Reads an address. `setting` is what it was given as (`--source`), for the message.
 *
 * @throws UserError `InvalidAddress`
 */
export function parseAddress(text: string, setting: string): Address {
  const refuse = (why: string): never => {
    throw new UserError(
      "InvalidAddress",
      `${setting} is ${quote(text)}: ${why}; write cos://BUCKET-APPID or cos://BUCKET-APPID/PREFIX`,
    );
  };
  const scheme = "cos://";
  if (!text.startsWith(scheme)) return refuse('an address begins with "cos://"');
  const rest = text.slice(scheme.length);
  const slash = rest.indexOf("/");
  const bucket = slash < 0 ? rest : rest.slice(0, slash);
  const prefix = slash < 0 ? "" : rest.slice(slash + 1);
  if (bucket === "") return refuse("it names no bucket");
  if (!isBucketName(bucket)) {
    return refuse(
      `${quote(bucket)} is not a bucket's full name, which is NAME-APPID in lower-case letters, digits and hyphens ` +
        `(at most ${maxBucketName}), like photos-1250000000`,
    );
  }
  if (prefix.startsWith("/") || prefix.startsWith("\\")) {
    return refuse("a key, and so a prefix, does not begin with a slash or a backslash");
  }
  if (!prefix.isWellFormed()) return refuse("the prefix is not well-formed Unicode");
  if (Buffer.byteLength(prefix) > maxKeyBytes) {
    return refuse(`the prefix has ${Buffer.byteLength(prefix)} bytes and a key at most ${maxKeyBytes}`);
  }
  return { bucket, prefix };
}

/** The address as people write it; `parseAddress` reads it back to the same. */
export function printAddress(address: Address): string {
  return address.prefix === "" ? `cos://${address.bucket}` : `cos://${address.bucket}/${address.prefix}`;
}
