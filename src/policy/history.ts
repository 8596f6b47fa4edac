/**
 * History: what a run would replace in the archive is copied out of the way first, to `HISTORY/<archive key>~<when it was written>~<its
 * CRC64 or ETag>`. Whoever copies the same object gives it the same name. Pure.
 */
import { isArchiveClass } from "../vocabulary/choices.ts";
import { nounOf } from "../vocabulary/counted.ts";
import { quote } from "../vocabulary/errors.ts";
import { asFolder } from "../vocabulary/names.ts";

/** Where replaced objects are kept, and what the archive's store takes. */
export interface HistoryRules {
  /** What keys of the archive's bucket begin with there; a folder. */
  readonly prefix: string;
  readonly mostKeyBytes: number;
  readonly mostCopyBytes: number;
}

/** What is known of an object of the archive; `size` in bytes, `lastModified` in ms since the epoch. */
export interface Replaced {
  readonly size?: number | undefined;
  readonly etag?: string | undefined;
  readonly crc64?: string | undefined;
  readonly lastModified?: number | undefined;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** How a replaced object is copied: to which key, and only as long as it has this ETag. */
export interface Keeping {
  readonly key: string;
  readonly etag: string;
}

/** Where the copy goes, or why there can be none, as the rest of a sentence about the object that is there. */
export function keepingOf(
  archiveKey: string,
  there: Replaced,
  rules: HistoryRules,
): Keeping | { readonly fault: string } {
  const { etag, size, lastModified, headers } = there;
  if (etag === undefined || !plainEtag.test(etag)) {
    return { fault: `the archive tells no ETag of it that a copy could be bound to (${quote(etag)})` };
  }
  if (lastModified === undefined) return { fault: "the archive does not tell when it was written" };
  const storageClass = headers["x-cos-storage-class"];
  if (isArchiveClass(storageClass) && !isRestored(headers["x-cos-restore"])) {
    return { fault: `it is in the storage class ${storageClass}, of which nothing is copied before it is restored` };
  }
  if (size !== undefined && size > rules.mostCopyBytes) {
    return {
      fault: `it has ${size} ${nounOf(size, "byte")}, and the store copies ${rules.mostCopyBytes} at most; move it out of the way by hand`,
    };
  }
  const key = historyName(rules.prefix, archiveKey, lastModified, there.crc64 ?? etag);
  const bytes = Buffer.byteLength(key);
  if (bytes > rules.mostKeyBytes) {
    return {
      fault: `its copy's key would have ${bytes} bytes, more than ${rules.mostKeyBytes}; choose a shorter --history`,
    };
  }
  return { key, etag };
}

/** As in objects: what a store calls its objects' ETags, beyond the MD5s of COS. */
const plainEtag = /^[0-9A-Za-z-]{1,80}$/;

const isRestored = (restore: string | undefined): boolean => /ongoing-request\s*=\s*"?false/i.test(restore ?? "");

/** The key of a copy. Times are whole seconds, as a HEAD tells them; a LIST may tell more. */
export function historyName(prefix: string, archiveKey: string, writtenAt: number, content: string): string {
  const time = new Date(Math.floor(writtenAt / 1000) * 1000).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${asFolder(prefix)}${archiveKey}~${time}~${content}`;
}

/** A copy, by its name. */
export interface HistoryEntry {
  /** What it was a copy of: a whole key in the archive's bucket. */
  readonly archiveKey: string;
  /** When that was written, ms since the epoch. */
  readonly writtenAt: number;
  /** CRC64 or ETag. */
  readonly content: string;
}

/** Undefined of what is no copy: what else lies there is nobody's. */
export function parseHistoryName(prefix: string, key: string): HistoryEntry | undefined {
  const folder = asFolder(prefix);
  if (!key.startsWith(folder)) return undefined;
  const found = /^(.+)~(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z~([0-9A-Za-z-]{1,80})$/s.exec(key.slice(folder.length));
  if (found === null) return undefined;
  const [, archiveKey = "", year, month, day, hour, minute, second, content = ""] = found;
  const writtenAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(writtenAt) ? undefined : { archiveKey, writtenAt, content };
}
