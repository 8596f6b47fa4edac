/**
 * The fold of a bucket's journal: which line is each key's current object, which are its older versions, which multipart
 * uploads are open. The same function takes a line in when it is written and when it is read back at the next start.
 * Of an object only its key and its line's place are held; the rest stays in the journal.
 */
import type { Extent } from "./blobs.ts";
import type { Locator } from "./journal.ts";
import type { BodyPlace, JournalLine, ObjectRecord, PartRecord, Upload } from "./record.ts";
import { createSortedIndex, type SortedIndex } from "./sorted-index.ts";

export interface Version {
  readonly versionId: string;
  readonly kind: "object" | "marker";
  readonly locator: Locator;
}

export interface OpenUpload {
  readonly upload: Upload;
  readonly parts: Map<number, PartRecord>;
  readonly locator: Locator;
}

export interface BucketFold {
  readonly index: SortedIndex;
  /** Oldest first; only of keys written while the bucket had versioning. */
  readonly versions: ReadonlyMap<string, readonly Version[]>;
  readonly uploads: ReadonlyMap<string, OpenUpload>;
  /** Takes in one line; `drop` is told of every body that nothing names any more. */
  apply(line: JournalLine, locator: Locator, drop: (body: BodyPlace) => void): void;
}

export const placeOf = (run: Extent | null): BodyPlace => (run === null ? { kind: "empty" } : { kind: "run", run });

/** `readObject` reads the object of a put line again. */
export function createBucketFold(readObject: (locator: Locator) => ObjectRecord): BucketFold {
  const index = createSortedIndex();
  const versions = new Map<string, Version[]>();
  const uploads = new Map<string, OpenUpload>();

  /** The versions of a key, made from its only object where versioning came later. */
  function versionsOf(key: string): Version[] {
    const known = versions.get(key);
    if (known) return known;
    const current = index.get(key);
    const list: Version[] = current === undefined ? [] : [{ versionId: "null", kind: "object", locator: current }];
    versions.set(key, list);
    return list;
  }

  function dropVersion(list: Version[], versionId: string, drop: (body: BodyPlace) => void): void {
    const at = list.findIndex((version) => version.versionId === versionId);
    if (at === -1) return;
    const [gone] = list.splice(at, 1);
    if (gone?.kind === "object") drop(readObject(gone.locator).body);
  }

  function addVersion(key: string, version: Version, drop: (body: BodyPlace) => void): void {
    const list = versionsOf(key);
    if (version.versionId === "null") dropVersion(list, "null", drop);
    list.push(version);
  }

  function endUpload(uploadId: string, taken: ReadonlySet<number>, drop: (body: BodyPlace) => void): void {
    const open = uploads.get(uploadId);
    if (!open) return;
    uploads.delete(uploadId);
    for (const part of open.parts.values()) if (!taken.has(part.partNumber)) drop(placeOf(part.run));
  }

  return {
    index,
    versions,
    uploads,
    apply(line, locator, drop) {
      switch (line.op) {
        case "put": {
          const { object, upload } = line;
          if (upload) endUpload(upload.id, new Set(upload.parts), drop);
          if (object.versionId !== undefined) {
            addVersion(object.key, { versionId: object.versionId, kind: "object", locator }, drop);
          } else {
            const before = index.get(object.key);
            if (before !== undefined) drop(readObject(before).body);
          }
          index.set(object.key, locator);
          return;
        }
        case "delete": {
          const before = index.get(line.key);
          if (before === undefined) return;
          index.delete(line.key);
          drop(readObject(before).body);
          return;
        }
        case "marker": {
          const { key, versionId } = line.marker;
          addVersion(key, { versionId, kind: "marker", locator }, drop);
          index.delete(key);
          return;
        }
        case "erase": {
          const list = versionsOf(line.key);
          dropVersion(list, line.versionId, drop);
          const newest = list.at(-1);
          if (newest?.kind === "object") index.set(line.key, newest.locator);
          else index.delete(line.key);
          if (newest === undefined) versions.delete(line.key);
          return;
        }
        case "upload":
          uploads.set(line.upload.uploadId, { upload: line.upload, parts: new Map(), locator });
          return;
        case "part": {
          const open = uploads.get(line.uploadId);
          if (!open) return;
          const before = open.parts.get(line.part.partNumber);
          if (before) drop(placeOf(before.run));
          open.parts.set(line.part.partNumber, line.part);
          return;
        }
        case "abort":
          endUpload(line.uploadId, new Set(), drop);
      }
    },
  };
}
