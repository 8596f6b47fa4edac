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
import { type BlobId, type Blobs, type Extent, openBlobs, type Tenancy } from "./blobs.ts";
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

/** The part of `runs`, laid end to end, from `start` on. */
export function clip(runs: readonly Extent[], start: number, length: number): Extent[] {
  const clipped: Extent[] = [];
  let at = 0;
  for (const run of runs) {
    const from = Math.max(start, at);
    const to = Math.min(start + length, at + run.length);
    if (to > from) clipped.push({ blob: run.blob, start: run.start + from - at, length: to - from });
    at += run.length;
  }
  return clipped;
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
  const readChain = (list: Extent): readonly Extent[] => JSON.parse(blobs.readWhole([list]).toString());
  /** All that a body occupies. */
  const occupied = (body: BodyPlace): readonly Extent[] => {
    if (body.kind === "empty") return [];
    return body.kind === "run" ? [body.run] : [body.list, ...readChain(body.list)];
  };

  let folded = replay();
  if (journal.size > COMPACT_ABOVE_BYTES && liveLines(folded.state) * 2 < folded.lines) {
    compact(journal, folded.state);
    folded = replay();
  }
  const { state } = folded;

  function commit(line: JournalLine): void {
    const dropped: BodyPlace[] = [];
    state.apply(line, journal.append(JSON.stringify(line)), (body) => dropped.push(body));
    for (const body of dropped) blobs.drop(occupied(body));
  }

  repack(blobs.sweep(folded.named));

  /** Moves small objects out of packs that are mostly garbage; versioned ones stay. */
  function repack(sparse: ReadonlySet<BlobId>): void {
    if (sparse.size === 0) return;
    const moving = Array.from(state.index.from(() => false)).filter(([key]) => !state.versions.has(key));
    for (const [, locator] of moving) {
      const object = readObject(locator);
      if (object.body.kind !== "run" || !sparse.has(object.body.run.blob)) continue;
      const run = blobs.write(blobs.readWhole([object.body.run]));
      commit({ op: "put", object: { ...object, body: { kind: "run", run } } });
    }
  }

  /** Reads the journal; `named` is what the bodies it holds occupy, by blob. */
  function replay(): { state: BucketFold; lines: number; named: Map<BlobId, Tenancy> } {
    const fold = createBucketFold(readObject);
    const named = new Map<BlobId, Tenancy>();
    const chains = new Map<string, Extent>();
    let lines = 0;
    const count = (run: Extent, sign: 1 | -1) => {
      const tenancy = named.get(run.blob) ?? { extents: 0, bytes: 0 };
      tenancy.extents += sign;
      tenancy.bytes += sign * run.length;
      if (tenancy.extents === 0) named.delete(run.blob);
      else named.set(run.blob, tenancy);
    };
    const nameOf = (run: Extent) => `${run.blob} ${run.start}`;
    const forget = (body: BodyPlace) => {
      if (body.kind === "run") count(body.run, -1);
      if (body.kind === "chain") chains.delete(nameOf(body.list));
    };
    journal.replay((text, locator) => {
      const line = JSON.parse(text) as JournalLine;
      lines++;
      if (line.op === "put" && line.upload) {
        // The parts that the object took over are counted as the object's from here on.
        const parts = fold.uploads.get(line.upload.id)?.parts;
        for (const partNumber of line.upload.parts) {
          const run = parts?.get(partNumber)?.run;
          if (run) count(run, -1);
        }
      }
      fold.apply(line, locator, forget);
      if (line.op === "put") {
        const { body } = line.object;
        if (body.kind === "run") count(body.run, 1);
        if (body.kind === "chain") chains.set(nameOf(body.list), body.list);
      } else if (line.op === "part" && line.part.run && fold.uploads.has(line.uploadId)) count(line.part.run, 1);
    });
    for (const list of chains.values()) for (const run of [list, ...readChain(list)]) count(run, 1);
    return { state: fold, lines, named };
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
    commit,
    from: (isBelow) => state.index.from(isBelow),
    read: readObject,
    extents(object, start = 0, length = object.size) {
      if (object.body.kind === "empty") return [];
      return clip(object.body.kind === "run" ? [object.body.run] : readChain(object.body.list), start, length);
    },
    close() {
      journal.close();
      blobs.close();
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
