/**
 * One bucket on disk:
 *
 *   bucket.json     settings; replaced by rename
 *   journal.jsonl   what the bucket holds, a line a change (record.ts); appending a line is what commits the change
 *   blobs/…         the bytes (blobs.ts), written before the line that names them
 *
 * A process killed at any moment leaves each object either as it was or as it was to become, its metadata and its bytes
 * together. (A power failure may lose the last seconds: nothing is fsynced.)
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BlobId, type Blobs, type Extent, openBlobs } from "./blobs.ts";
import { type BucketFold, createBucketFold } from "./bucket-fold.ts";
import type { BucketSettings } from "./bucket-settings.ts";
import { type Journal, type Locator, openJournal } from "./journal.ts";
import type { BodyPlace, JournalLine, ObjectRecord } from "./record.ts";

export interface BucketStore {
  readonly name: string;
  readonly blobs: Blobs;
  readonly settings: BucketSettings;
  configure(changes: Partial<BucketSettings>): void;
  /** Number of current objects. */
  readonly size: number;
  readonly fold: Pick<BucketFold, "versions" | "uploads">;
  find(key: string): ObjectRecord | undefined;
  findVersion(key: string, versionId: string): ObjectRecord | "marker" | undefined;
  /** Commits one change. */
  commit(line: JournalLine): void;
  /** Current objects upwards from the first key that is not below; `read` gives the record. */
  from(isBelow: (key: string) => boolean): Iterable<readonly [key: string, locator: Locator]>;
  read(locator: Locator): ObjectRecord;
  /** The bytes of `object` from `start`, `length` of them (all of them where neither is given). */
  extents(object: ObjectRecord, start?: number, length?: number): readonly Extent[];
  close(): void;
}

const COMPACT_ABOVE_BYTES = 1024 * 1024;

/** Clips a list of whole blobs to a range. */
export function clip(whole: readonly (readonly [BlobId, number])[], start: number, length: number): Extent[] {
  const extents: Extent[] = [];
  let at = 0;
  for (const [blob, size] of whole) {
    const from = Math.max(start, at);
    const to = Math.min(start + length, at + size);
    if (to > from) extents.push({ blob, start: from - at, length: to - from });
    at += size;
  }
  return extents;
}

export function openBucketStore(directory: string, name: string, initial: BucketSettings): BucketStore {
  mkdirSync(directory, { recursive: true });
  const settingsPath = join(directory, "bucket.json");
  let settings = initial;
  try {
    settings = { ...initial, ...(JSON.parse(readFileSync(settingsPath, "utf8")) as Partial<BucketSettings>) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  function save(): void {
    writeFileSync(`${settingsPath}.new`, JSON.stringify(settings));
    renameSync(`${settingsPath}.new`, settingsPath);
  }
  save();

  const blobs = openBlobs(join(directory, "blobs"));
  const journal = openJournal(join(directory, "journal.jsonl"));

  const readObject = (locator: Locator): ObjectRecord => {
    const line = JSON.parse(journal.read(locator)) as JournalLine;
    if (line.op !== "put") throw new Error(`the journal of bucket ${name} has no object at ${locator}`);
    return line.object;
  };
  const chain = (list: BlobId, listBytes: number): readonly (readonly [BlobId, number])[] =>
    JSON.parse(blobs.readWhole([{ blob: list, start: 0, length: listBytes }]).toString());
  const blobsOf = (body: BodyPlace): BlobId[] => {
    if (body.kind === "empty") return [];
    if (body.kind === "blob") return [body.blob];
    return [body.list, ...chain(body.list, body.listBytes).map(([blob]) => blob)];
  };

  let fold = replay();
  if (journal.size > COMPACT_ABOVE_BYTES && liveLines(fold.state) * 2 < fold.lines) {
    compact(journal, fold.state);
    fold = replay();
  }
  const { state } = fold;
  blobs.sweep((blob) => fold.named.has(blob));
  fold.named.clear();

  /** Reads the journal; `named` are the blobs that what it holds consists of. */
  function replay(): { state: BucketFold; lines: number; named: Set<BlobId> } {
    const folded = createBucketFold(readObject);
    const named = new Set<BlobId>();
    const chains = new Map<BlobId, number>();
    let lines = 0;
    const forget = (body: BodyPlace) => {
      if (body.kind === "blob") named.delete(body.blob);
      if (body.kind === "chain") chains.delete(body.list);
    };
    journal.replay((text, locator) => {
      const line = JSON.parse(text) as JournalLine;
      lines++;
      folded.apply(line, locator, forget);
      if (line.op === "put") {
        const { body } = line.object;
        if (body.kind === "blob") named.add(body.blob);
        if (body.kind === "chain") chains.set(body.list, body.listBytes);
      } else if (line.op === "part" && line.part.blob !== null && folded.uploads.has(line.uploadId)) {
        named.add(line.part.blob);
      }
    });
    for (const [list, listBytes] of chains) {
      named.add(list);
      for (const [blob] of chain(list, listBytes)) named.add(blob);
    }
    return { state: folded, lines, named };
  }

  return {
    name,
    blobs,
    get settings() {
      return settings;
    },
    configure(changes) {
      settings = { ...settings, ...changes };
      save();
    },
    get size() {
      return state.index.size;
    },
    fold: state,
    find(key) {
      const locator = state.index.get(key);
      return locator === undefined ? undefined : readObject(locator);
    },
    findVersion(key, versionId) {
      const list = state.versions.get(key);
      if (!list) {
        const current = state.index.get(key);
        return versionId === "null" && current !== undefined ? readObject(current) : undefined;
      }
      const version = list.find((one) => one.versionId === versionId);
      if (!version) return undefined;
      return version.kind === "marker" ? "marker" : readObject(version.locator);
    },
    commit(line) {
      const dropped: BodyPlace[] = [];
      state.apply(line, journal.append(JSON.stringify(line)), (body) => dropped.push(body));
      for (const body of dropped) blobs.remove(blobsOf(body));
    },
    from: (isBelow) => state.index.from(isBelow),
    read: readObject,
    extents(object, start = 0, length = object.size) {
      if (object.body.kind === "empty") return [];
      if (object.body.kind === "blob") return clip([[object.body.blob, object.size]], start, length);
      return clip(chain(object.body.list, object.body.listBytes), start, length);
    },
    close() {
      journal.close();
    },
  };
}

function liveLines(state: BucketFold): number {
  let lines = state.index.size;
  for (const versions of state.versions.values()) lines += versions.length;
  for (const upload of state.uploads.values()) lines += 1 + upload.parts.size;
  return lines;
}

function compact(journal: Journal, state: BucketFold): void {
  journal.rewrite((add) => {
    for (const [key, locator] of state.index.from(() => false)) {
      if (!state.versions.has(key)) add(journal.read(locator));
    }
    for (const versions of state.versions.values()) for (const { locator } of versions) add(journal.read(locator));
    for (const { upload, parts } of state.uploads.values()) {
      add(JSON.stringify({ op: "upload", upload } satisfies JournalLine));
      for (const part of parts.values()) {
        add(JSON.stringify({ op: "part", uploadId: upload.uploadId, part } satisfies JournalLine));
      }
    }
  });
}
