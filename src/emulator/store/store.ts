/** All buckets under one data directory, `buckets/<name>/`, and the lock that keeps a second emulator out of it. */
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { BucketSettings } from "./bucket-settings.ts";
import { type BucketStore, openBucketStore } from "./bucket-store.ts";
import { lockDirectory } from "./lock.ts";

export interface Store {
  bucket(name: string): BucketStore | undefined;
  names(): readonly string[];
  /** Opens the bucket, made with `settings` where there is none. */
  ensure(name: string, settings: BucketSettings): BucketStore;
  /** Removes an empty bucket. */
  remove(name: string): void;
  close(): void;
}

export function openStore(dataDir: string): Store {
  const root = join(dataDir, "buckets");
  const removed = join(dataDir, "removed");
  mkdirSync(root, { recursive: true });
  const unlock = lockDirectory(dataDir);
  rmSync(removed, { recursive: true, force: true });
  const buckets = new Map<string, BucketStore>();
  const defaults: BucketSettings = { created: 0, acl: "private", protect: [], styles: [], versioning: "never" };
  try {
    for (const name of readdirSync(root)) buckets.set(name, openBucketStore(join(root, name), name, defaults));
  } catch (error) {
    unlock();
    throw error;
  }

  return {
    bucket: (name) => buckets.get(name),
    names: () => [...buckets.keys()].sort(),
    ensure(name, settings) {
      const known = buckets.get(name);
      if (known) return known;
      const made = openBucketStore(join(root, name), name, settings);
      buckets.set(name, made);
      return made;
    },
    remove(name) {
      buckets.get(name)?.close();
      buckets.delete(name);
      renameSync(join(root, name), removed);
      rmSync(removed, { recursive: true, force: true });
    },
    close() {
      for (const bucket of buckets.values()) bucket.close();
      buckets.clear();
      unlock();
    },
  };
}
