/** The objects of a bucket in memory: versions of each key, keys in the order of their UTF-8 bytes. */
import { createHash } from "node:crypto";
import { crc64 } from "../../src/checksum/crc64.ts";
import type { Headers, ListedObject } from "../../src/objects/bucket.ts";

export interface StoredObject {
  readonly key: string;
  readonly bytes: Buffer;
  readonly etag: string;
  /** Undefined for one that is older than that feature of COS (document 436/40334). */
  readonly crc64: string | undefined;
  /** Content-Type and its kin, x-cos-meta-*, x-cos-storage-class, x-cos-server-side-encryption. */
  readonly headers: Headers;
  /** Milliseconds since the epoch, in whole seconds, as the service tells it. */
  readonly lastModified: number;
  readonly versionId: string | undefined;
}

export const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");
export const digestsOf = (bytes: Uint8Array) => ({ etag: md5(bytes), crc64: crc64(bytes) });

export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  // Code units order as UTF-8 does unless one of the keys has surrogates.
  if (!/[\ud800-\udfff]/.test(a) && !/[\ud800-\udfff]/.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export interface MemoryObjects {
  add(object: StoredObject): void;
  find(key: string): StoredObject | undefined;
  findVersion(key: string, versionId: string): StoredObject | undefined;
  remove(key: string): void;
  keys(): readonly string[];
  page(options: {
    readonly prefix: string;
    readonly marker: string;
    readonly delimiter: string;
    readonly most: number;
  }): {
    readonly objects: readonly ListedObject[];
    readonly prefixes: readonly string[];
    readonly nextMarker: string | undefined;
  };
}

/** @param versioned are older versions kept? */
export function createMemoryObjects(versioned: () => boolean): MemoryObjects {
  const newest = new Map<string, StoredObject>();
  const versions = new Map<string, StoredObject[]>();
  const keys: string[] = [];

  /** Position of the first key that is not before `key`. */
  const positionOf = (key: string): number => {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(keys[middle] as string, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    add(object) {
      if (!newest.has(object.key)) keys.splice(positionOf(object.key), 0, object.key);
      newest.set(object.key, object);
      if (versioned()) versions.set(object.key, [...(versions.get(object.key) ?? []), object]);
    },
    find: (key) => newest.get(key),
    findVersion: (key, versionId) => versions.get(key)?.find((object) => object.versionId === versionId),
    remove(key) {
      if (newest.delete(key)) keys.splice(positionOf(key), 1);
    },
    keys: () => [...keys],
    page({ prefix, marker, delimiter, most }) {
      const objects: ListedObject[] = [];
      const prefixes: string[] = [];
      let last = "";
      const from = compareKeys(marker, prefix) >= 0 && marker !== "" ? marker : prefix;
      for (let at = positionOf(from); at < keys.length; at++) {
        const key = keys[at] as string;
        if (!key.startsWith(prefix)) {
          if (compareKeys(key, prefix) > 0) break;
          continue;
        }
        if (marker !== "" && compareKeys(key, marker) <= 0) continue;
        const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
        const group = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
        if (group !== undefined && (group === prefixes.at(-1) || group === marker)) continue;
        if (objects.length + prefixes.length >= most) return { objects, prefixes, nextMarker: last };
        if (group !== undefined) prefixes.push(group);
        else objects.push(listed(newest.get(key) as StoredObject));
        last = group ?? key;
      }
      return { objects, prefixes, nextMarker: undefined };
    },
  };
}

function listed(object: StoredObject): ListedObject {
  return {
    key: object.key,
    size: object.bytes.length,
    etag: object.etag,
    lastModified: object.lastModified,
    storageClass: object.headers["x-cos-storage-class"] ?? "STANDARD",
  };
}
