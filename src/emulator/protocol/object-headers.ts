/** What is kept with an object and sent back, and what of a reply describes an object. */

import { isArchiveClass, storageClasses } from "../../vocabulary/choices.ts";
import { maxMetaBytes } from "../../vocabulary/limits.ts";
import type { Described, ObjectRecord } from "../store/records.ts";
import { type Exchange, header } from "./exchange.ts";
import { refusal } from "./refusal.ts";

const KEPT = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
] as const;

const META = "x-cos-meta-";

/** How the restore of an object stands; undefined where nobody asked for one, and once the copy is gone. */
export function restoring({ restore }: ObjectRecord, now: number): "ongoing" | "restored" | undefined {
  if (restore === undefined || now >= restore.until) return undefined;
  return now < restore.from ? "ongoing" : "restored";
}

/** Is it in an archive class, and not restored? */
export const isArchived = (object: ObjectRecord, now: number): boolean =>
  isArchiveClass(object.storageClass) && restoring(object, now) !== "restored";

function restoreHeader(object: ObjectRecord, now: number): Record<string, string> {
  const state = restoring(object, now);
  if (object.restore === undefined || state === undefined) return {};
  const { until } = object.restore;
  const said =
    state === "ongoing"
      ? 'ongoing-request="true"'
      : `ongoing-request="false", expiry-date="${new Date(until).toUTCString()}"`;
  return { "x-cos-restore": said };
}

/** What a PUT, a copy with new metadata, or a multipart upload says of its object; refusals InvalidArgument, NotSupportedStorageClass. */
export function describe(exchange: Pick<Exchange, "incoming">): Described {
  const headers: Record<string, string> = {};
  for (const name of KEPT) {
    const value = header(exchange, name);
    if (value !== undefined) headers[name] = value;
  }
  headers["content-type"] ??= "application/octet-stream";
  let metaBytes = 0;
  for (const name in exchange.incoming.headers) {
    if (!name.startsWith(META)) continue;
    const value = header(exchange, name) ?? "";
    headers[name] = value;
    metaBytes += name.length + value.length;
  }
  if (metaBytes > maxMetaBytes) {
    throw refusal("InvalidArgument", {
      message: `x-cos-meta-* headers hold ${metaBytes} bytes; at most ${maxMetaBytes} are kept.`,
    });
  }
  const storageClass = header(exchange, "x-cos-storage-class")?.toUpperCase();
  if (storageClass !== undefined && !(storageClasses as readonly string[]).includes(storageClass))
    throw refusal("NotSupportedStorageClass");
  const encryption = header(exchange, "x-cos-server-side-encryption");
  return {
    headers,
    ...(storageClass === undefined || storageClass === "STANDARD" ? {} : { storageClass }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(header(exchange, "x-cos-acl") === "public-read" ? { publicRead: true } : {}),
  };
}

/** What a reply to a write says of the object it made. */
export function madeHeaders(object: ObjectRecord): Record<string, string> {
  const headers: Record<string, string> = { ETag: `"${object.etag}"` };
  if (object.crc64 !== undefined) headers["x-cos-hash-crc64ecma"] = object.crc64;
  if (object.encryption !== undefined) headers["x-cos-server-side-encryption"] = object.encryption;
  if (object.versionId !== undefined && object.versionId !== "null") headers["x-cos-version-id"] = object.versionId;
  return headers;
}

export interface ObjectHeaderChoice {
  readonly etag: boolean;
  readonly crc64: boolean;
  readonly meta: boolean;
  readonly lastModified: boolean;
}

const RESPONSE_PREFIX = "response-";

/** What a reply to GET or HEAD at the moment `now` says of an object; `overrides` are the `response-*` parameters. */
export function objectHeaders(
  object: ObjectRecord,
  now: number,
  choice: ObjectHeaderChoice,
  overrides: readonly (readonly [string, string])[] = [],
): Record<string, string> {
  const headers: Record<string, string> = {
    "Content-Type": object.headers["content-type"] ?? "application/octet-stream",
  };
  if (choice.meta)
    for (const name in object.headers) if (name !== "content-type") headers[name] = object.headers[name]!;
  if (choice.etag) headers.ETag = `"${object.etag}"`;
  if (choice.crc64 && object.crc64 !== undefined) headers["x-cos-hash-crc64ecma"] = object.crc64;
  if (choice.lastModified) headers["Last-Modified"] = new Date(object.modified).toUTCString();
  if (object.storageClass !== undefined) headers["x-cos-storage-class"] = object.storageClass;
  Object.assign(headers, restoreHeader(object, now));
  if (object.encryption !== undefined) headers["x-cos-server-side-encryption"] = object.encryption;
  if (object.versionId !== undefined && object.versionId !== "null") headers["x-cos-version-id"] = object.versionId;
  for (const [name, value] of overrides) {
    const target = name.slice(RESPONSE_PREFIX.length);
    if (target === "content-type") headers["Content-Type"] = value;
    else headers[target] = value;
  }
  return headers;
}

/** The `response-*` parameters of a request that COS takes, as header values; a refusal InvalidArgument for one that can't be. */
export function responseOverrides(exchange: Pick<Exchange, "address">): readonly (readonly [string, string])[] {
  const overrides: (readonly [string, string])[] = [];
  for (const [name, value] of exchange.address.query) {
    if (!name.startsWith(RESPONSE_PREFIX)) continue;
    if (!(KEPT as readonly string[]).includes(name.slice(RESPONSE_PREFIX.length))) continue;
    const bytes = Buffer.from(value).toString("latin1");
    if (/[^\t\x20-\x7e\x80-\xff]/.test(bytes)) {
      throw refusal("InvalidArgument", { message: `The parameter ${name} holds characters that no header can.` });
    }
    overrides.push([name, bytes]);
  }
  return overrides;
}
