/**
 * How people name a place: `cos://BUCKET-APPID[/PREFIX]`, `s3://BUCKET[/PREFIX]`, or `file:///FOLDER`.
 *
 * A prefix is data and is used exactly as it is written: it is not URL-decoded, and no slash is added or taken away.
 * `cos://photos-1250000000/2024` therefore also means keys that begin with `2024-draft/`, as a prefix does everywhere
 * in COS; who means a folder writes `cos://photos-1250000000/2024/`. Of a folder the path is all there is: what lies in it may have no
 * other beginning, so `file:///mnt/archive` and `file:///mnt/archive/` are one place.
 */

import { quote, UserError } from "./errors.ts";
import { maxKeyBytes } from "./limits.ts";
import { isBucketName, isFolder, isS3BucketName, maxBucketName } from "./names.ts";

/** Stores that are no COS, as a place names them; COS is not named. */
export const otherStores = ["s3", "file"] as const;
/** A store that is no COS: `s3`, or `file`, a folder on this machine's disk. */
export type OtherStore = (typeof otherStores)[number];

/** What a place is in, and what the keys in it begin with. */
export interface Address {
  /** Absent: COS. */
  readonly store?: OtherStore | undefined;
  /** NAME-APPID; of S3 the bucket's name, of a file system the folder: `/mnt/archive`, without a slash at its end. */
  readonly bucket: string;
  /** As written, "" where there is none. Never begins with `/` or `\`. */
  readonly prefix: string;
}

const schemes = { cos: "cos://", s3: "s3://", file: "file://" } as const;
const forms = {
  cos: "cos://BUCKET-APPID or cos://BUCKET-APPID/PREFIX",
  s3: "s3://BUCKET or s3://BUCKET/PREFIX",
  file: "file:///FOLDER",
} as const;

/** An address, or what is wrong with the text, which completes `… is "s3:/x": `. */
export function readAddress(
  text: string,
  stores: readonly ("cos" | OtherStore)[] = ["cos"],
): Address | { readonly fault: string } {
  const store = stores.find((each) => text.startsWith(schemes[each]));
  if (store === undefined) {
    const path = stores.includes("file") ? pathMeant(text) : undefined;
    if (path !== undefined) return { fault: `it looks like a folder's path, and a folder is ${written(path)}` };
    const begins = stores.map((each) => `"${schemes[each]}"`).join(" or ");
    return { fault: `an address begins with ${begins}; write ${stores.map((each) => forms[each]).join(", or ")}` };
  }
  const rest = text.slice(schemes[store].length);
  const read = store === "file" ? folderOf(rest) : bucketOf(store, rest);
  if (typeof read !== "string") return read;
  const path = store === "file" ? pathMeant(text) : undefined;
  return { fault: `${read}; ${path === undefined ? `write ${forms[store]}` : `a folder is ${written(path)}`}` };
}

/** A whole path as this system may read it, of what people write for one; "" of one that is not whole; undefined of anything else. */
function pathMeant(text: string): string | undefined {
  const rest =
    /^file:(.*)$/is.exec(text)?.[1] ?? (/^(?:\/|\.{1,2}(?:\/|$)|~|[A-Za-z]:[\\/])/.test(text) ? text : undefined);
  if (rest === undefined) return undefined;
  const slashes = rest.replaceAll("\\", "/").replace(/^\/\/localhost(?=\/)/i, "");
  const drive = /^\/*([A-Za-z]:\/.+)$/.exec(slashes)?.[1];
  const whole = drive ?? (/^\/(?!\/)|^\/{3}/.test(slashes) ? slashes : undefined);
  if (whole === undefined) return "";
  const segments: string[] = [];
  for (const segment of whole.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const path = `/${segments.join("/")}`;
  return typeof folderOf(path) === "string" ? "" : path;
}

const written = (path: string): string =>
  path === "" ? "written by its whole path, as in file:///mnt/disk/archive" : `written file://${path}`;

/**
 * Reads an address. `setting` is what it was given as (`--source`), for the message.
 *
 * @throws UserError `InvalidAddress`
 */
export function parseAddress(text: string, setting: string, stores?: readonly ("cos" | OtherStore)[]): Address {
  const read = readAddress(text, stores);
  if (!("fault" in read)) return read;
  throw new UserError("InvalidAddress", `${setting} is ${quote(text)}: ${read.fault}`);
}

function folderOf(path: string): Address | string {
  if (!path.startsWith("/")) return "a folder's path begins with a slash, and names no machine";
  const bare = path.replace(/\/+$/, "");
  const folder = /^\/[A-Za-z]:(?:\/|$)/.test(bare) ? bare.slice(1) : bare;
  return isFolder(folder) ? { store: "file", bucket: folder, prefix: "" } : `${quote(bare)} ${noFolder}`;
}

/** Completes `"/mnt/../x" …`. */
export const noFolder =
  "names no folder: a path has no empty segment in it, none that is a dot or two, and is not all of a disk";

function bucketOf(store: "cos" | "s3", rest: string): Address | string {
  const slash = rest.indexOf("/");
  const bucket = slash < 0 ? rest : rest.slice(0, slash);
  const prefix = slash < 0 ? "" : rest.slice(slash + 1);
  if (bucket === "") return "it names no bucket";
  if (store === "cos" && !isBucketName(bucket)) {
    return (
      `${quote(bucket)} is not a bucket's full name, which is NAME-APPID in lower-case letters, digits and hyphens ` +
      `(at most ${maxBucketName}), like photos-1250000000`
    );
  }
  if (store === "s3" && !isS3BucketName(bucket)) {
    return `${quote(bucket)} is no bucket's name, which has 3 to ${maxBucketName} lower-case letters, digits, hyphens and dots`;
  }
  if (prefix.startsWith("/") || prefix.startsWith("\\")) {
    return "a key, and so a prefix, does not begin with a slash or a backslash";
  }
  if (!prefix.isWellFormed()) return "the prefix is not well-formed Unicode";
  if (Buffer.byteLength(prefix) > maxKeyBytes) {
    return `the prefix has ${Buffer.byteLength(prefix)} bytes and a key at most ${maxKeyBytes}`;
  }
  return store === "cos" ? { bucket, prefix } : { store, bucket, prefix };
}

/** The address as people write it; `parseAddress` reads it back to the same place. */
export function printAddress({ store, bucket, prefix }: Address): string {
  if (store === "file") return `file://${bucket.startsWith("/") ? "" : "/"}${bucket}/${prefix}`;
  return prefix === "" ? `${schemes[store ?? "cos"]}${bucket}` : `${schemes[store ?? "cos"]}${bucket}/${prefix}`;
}

/** Which store an address is in. */
export function storeOf(address: string): "cos" | OtherStore {
  return otherStores.find((store) => address.startsWith(schemes[store])) ?? "cos";
}

/** The same of a range of keys: whatever the prefix is, there is a slash behind the bucket. */
export function printRange(range: Address): string {
  return range.prefix === "" && range.store !== "file" ? `${printAddress(range)}/` : printAddress(range);
}

/** Do both lie in one bucket, or one folder? A name says nothing where the stores differ. */
export const sameBucket = (a: Pick<Address, "store" | "bucket">, b: Pick<Address, "store" | "bucket">): boolean =>
  a.store === b.store && a.bucket === b.bucket;

/** Of a place no more than where it is. */
export function addressOf({ store, bucket, prefix }: Address): Address {
  return store === undefined ? { bucket, prefix } : { store, bucket, prefix };
}
