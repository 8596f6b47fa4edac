/** What buckets, regions, runs and prefixes are called: each rule once, for settings, messages, addresses and the emulator. */

import { maxKeyBytes } from "./limits.ts";

/** A host name's label, which the name of a bucket becomes, has no room for more. */
export const maxBucketName = 63;

/** NAME-APPID: lower-case letters, digits and hyphens, then a hyphen and the account's APPID (document 436/13312). */
export function isBucketName(name: string): boolean {
  return name.length <= maxBucketName && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?-\d{4,20}$/.test(name);
}

/** A bucket of S3: 3 to 63 lower-case letters, digits, hyphens and dots, and no IP address (Amazon S3, "Bucket naming rules"). */
export function isS3BucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes("..") && !/^\d+(?:\.\d+){3}$/.test(name);
}

/** A folder's whole path, written in one way: `/mnt/archive`, `C:/archive`; never the root of a disk. */
export function isFolder(path: string): boolean {
  if (!path.isWellFormed() || path.includes("\0") || path.includes("\\")) return false;
  const [root, ...segments] = path.split("/");
  if (root !== "" && !/^[A-Za-z]:$/.test(root ?? "")) return false;
  return segments.length > 0 && segments.every((segment) => segment !== "" && segment !== "." && segment !== "..");
}

/** `ap-guangzhou`, and what a private service calls its own. */
export function isRegion(name: string): boolean {
  return /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name);
}

/** 1 to 100 letters, digits, dots, dashes and underscores, a letter or digit first: one segment of a key, as it is. */
export const runIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** A run's name with the date (`2026-11-22`) and the time (`013000`) in place of `{date}` and `{time}`: UTC, at `now`. */
export function datedRunId(name: string, now: number): string {
  const [date = "", time = ""] = new Date(now).toISOString().split("T");
  return name.replaceAll("{date}", date).replaceAll("{time}", time.slice(0, 8).replaceAll(":", ""));
}

/** A folder of keys in which replaced objects are kept: `history/`. */
export function isHistory(prefix: string): boolean {
  return /^[^/\\].*\/$/s.test(prefix) && prefix.isWellFormed() && Buffer.byteLength(prefix) <= maxKeyBytes / 2;
}

/** A prefix that something is put below: it ends in `/`, or is empty. */
export function asFolder(prefix: string): string {
  return prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
}
