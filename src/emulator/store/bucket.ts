/** Buckets as rows of the store's tables: their objects with all versions, and multipart uploads. Each change is one commit. */
import type { BucketSettings, History, ObjectRecord, Part, Upload, Version } from "./records.ts";
import type { Change, Store, Table } from "./store.ts";

export type Bucket = ReturnType<typeof bucketIn>;

export interface OpenUpload {
  readonly upload: Upload;
  /** By part number. */
  readonly parts: Table<Part>;
}

export const isObject = (version: Version | undefined): version is ObjectRecord =>
  version !== undefined && !("isMarker" in version);

const versionIdOf = (version: Version): string => version.versionId ?? "null";

const BUCKETS = "buckets";
const bucketTable = (store: Store) => store.table<BucketSettings>(BUCKETS);

/** In the order of their names. */
export const allBuckets = (store: Store): readonly (readonly [string, BucketSettings])[] =>
  Array.from(bucketTable(store).keys(), (name) => [name, bucketTable(store).get(name)!]);

export const findBucket = (store: Store, name: string): Bucket | undefined =>
  bucketTable(store).get(name) && bucketIn(store, name);

/** With these settings from now on, made where there is none. */
export function makeBucket(store: Store, name: string, settings: BucketSettings): Bucket {
  store.commit({ table: BUCKETS, key: name, row: settings });
  return bucketIn(store, name);
}

/** Removes an empty bucket. */
export function removeBucket(store: Store, name: string): void {
  store.commit({ table: BUCKETS, key: name, row: null });
}

function bucketIn(store: Store, name: string) {
  const inObjects = `objects of ${name}`;
  const inUploads = `uploads of ${name}`;
  const inParts = (uploadId: string) => `parts of ${uploadId}`;
  const histories = () => store.table<History>(inObjects);
  const uploads = () => store.table<Upload>(inUploads);
  const parts = (uploadId: string) => store.table<Part>(inParts(uploadId));
  /** Oldest first. */
  const versions = (key: string) => histories().get(key)?.versions ?? [];

  function settings(): BucketSettings {
    const row = bucketTable(store).get(name);
    // By a request, while another was under way.
    if (!row) throw new Error(`the bucket ${name} was removed`);
    return row;
  }

  function find(key: string): ObjectRecord | undefined {
    const newest = versions(key).at(-1);
    return isObject(newest) ? newest : undefined;
  }

  function replaced(key: string, versionId: string, by: readonly Version[]): Change {
    const history = [...versions(key).filter((version) => versionIdOf(version) !== versionId), ...by];
    return { table: inObjects, key, row: history.length === 0 ? null : { versions: history } };
  }

  const ended = (uploadId: string): readonly Change[] => [
    { table: inUploads, key: uploadId, row: null },
    ...Array.from(parts(uploadId).keys(), (key) => ({ table: inParts(uploadId), key, row: null })),
  ];

  return {
    name,
    bodies: store.bodies,
    get settings() {
      return settings();
    },
    configure: (changes: Partial<BucketSettings>) => void makeBucket(store, name, { ...settings(), ...changes }),
    /** No object, no version, no upload. */
    get isEmpty() {
      return histories().size === 0 && uploads().size === 0;
    },
    versions,
    /** The current object. */
    find,
    findVersion: (key: string, versionId: string): Version | undefined =>
      versions(key).find((version) => versionIdOf(version) === versionId),
    /** Keys with any version or delete marker, upwards from the first that is not below. */
    allKeys: (isBelow?: (key: string) => boolean): Iterable<string> => histories().keys(isBelow),
    /** Current objects upwards from the first key that is not below. */
    *objects(isBelow?: (key: string) => boolean): Generator<ObjectRecord> {
      for (const key of histories().keys(isBelow)) {
        const object = find(key);
        if (object) yield object;
      }
    },
    /** In the place of the version with its id. `uploadId`: the multipart upload that it completes. */
    put(version: Version, uploadId?: string): void {
      // First, so that the object holds the bytes of its parts before these are let go.
      const change = replaced(version.key, versionIdOf(version), [version]);
      store.commit(change, ...(uploadId === undefined ? [] : ended(uploadId)));
    },
    erase: (key: string, versionId: string) => store.commit(replaced(key, versionId, [])),
    uploads: () => uploads().values(),
    upload(uploadId: string): OpenUpload | undefined {
      const upload = uploads().get(uploadId);
      return upload && { upload, parts: parts(uploadId) };
    },
    begin: (upload: Upload) => store.commit({ table: inUploads, key: upload.uploadId, row: upload }),
    keepPart: (uploadId: string, part: Part) =>
      store.commit({ table: inParts(uploadId), key: String(part.partNumber), row: part }),
    abort: (uploadId: string) => store.commit(...ended(uploadId)),
  };
}
