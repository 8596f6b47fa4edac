/** The headers of the PUT into the archive: what is preserved of the original, and where it came from. Pure. */

import type { RunOptions } from "../../ledger/plan/run-options.ts";
import type { Headers, ObjectInfo } from "../../objects/bucket.ts";
import { isoTime } from "../../vocabulary/clock.ts";
import { maxMetaBytes } from "../../vocabulary/limits.ts";
import type { Expectation } from "../proof/identity.ts";

/** Preserved as they are; x-cos-meta-* as well. docs/cli.md, "The archive", lists them. */
export const preservedHeaders = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
] as const;

const META = "x-cos-meta-";

/** Provenance, in the order in which it is left out where the 2 KB are short: last first. */
const provenance = {
  run: `${META}original-run`,
  etag: `${META}original-etag`,
  crc64: `${META}original-crc64`,
  bucket: `${META}original-bucket`,
  modified: `${META}original-modified`,
  /** How many tags it had: they are not preserved. */
  tags: `${META}original-tags`,
} as const;

const OWN_NAMES: ReadonlySet<string> = new Set(Object.values(provenance));

/** The metadata key that names the run which archived an object. */
export const provenanceRun = provenance.run;

/** What an archived object says of where it came from; undefined where no run says that it archived it. */
export interface Provenance {
  readonly run: string;
  /** The original's. */
  readonly etag: string | undefined;
  readonly crc64: string | undefined;
}

export function provenanceOf({ headers }: Pick<ObjectInfo, "headers">): Provenance | undefined {
  const run = headers[provenance.run];
  return run === undefined ? undefined : { run, etag: headers[provenance.etag], crc64: headers[provenance.crc64] };
}

/**
 * @param object what says which headers the original has: the HEAD where there was one, else the GET
 */
export function archiveHeaders(
  object: ObjectInfo | undefined,
  expectation: Expectation,
  from: { readonly bucket: string; readonly run: string },
  options: Pick<RunOptions, "storageClass" | "encryption" | "fromArchive">,
): Headers {
  const headers: Record<string, string> = {};
  let metaBytes = 0;
  for (const name of preservedHeaders) {
    const value = object?.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  for (const name in object?.headers) {
    // What a chain of archives wrote about an earlier source would be a lie about this one.
    if (!name.startsWith(META) || OWN_NAMES.has(name)) continue;
    const value = object.headers[name] as string;
    headers[name] = value;
    metaBytes += name.length + Buffer.byteLength(value);
  }
  const add = (name: string, value: string | undefined) => {
    if (value === undefined) return;
    const bytes = name.length + Buffer.byteLength(value);
    if (metaBytes + bytes > maxMetaBytes) return;
    headers[name] = value;
    metaBytes += bytes;
  };
  if (options.fromArchive === undefined) addProvenance();
  if (options.storageClass !== undefined && options.storageClass !== "STANDARD") {
    headers["x-cos-storage-class"] = options.storageClass;
  }
  if (options.encryption !== undefined) headers["x-cos-server-side-encryption"] = options.encryption;
  return headers;

  /** What is brought back is the original again. */
  function addProvenance(): void {
    const modified = object?.lastModified;
    add(provenance.run, from.run);
    add(provenance.etag, expectation.etag ?? object?.etag);
    add(provenance.crc64, expectation.crc64 ?? object?.crc64);
    add(provenance.bucket, from.bucket);
    add(provenance.modified, modified === undefined ? undefined : isoTime(modified));
    const tags = object?.headers["x-cos-tagging-count"];
    add(provenance.tags, tags === "0" ? undefined : tags);
  }
}

/**
 * Does a GET's reply look as if it carried the object's own headers? A reply of the image service may bring none of them
 * (no document says); then a HEAD must, or metadata would be lost in silence.
 */
export function bringsObjectHeaders(reply: ObjectInfo): boolean {
  return reply.etag !== undefined || reply.crc64 !== undefined || reply.lastModified !== undefined;
}
