/** Folders of their own for tests, and looks at what lies in them. */
import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { onTestFinished } from "vitest";
import type { FileSystem } from "../../../src/stores/folder/disk.ts";
import { type Files, machineFiles } from "../../../src/stores/folder/files.ts";
import { createFolderStore, type FolderOptions, type FolderStore } from "../../../src/stores/folder/folder.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";

export interface FolderLab {
  readonly folder: string;
  /** Another store over the same folder, as another process has it. */
  readonly open: (options?: Partial<FolderOptions>) => FolderStore;
  /** Paths of all files and folders but `^store`'s, sorted. */
  readonly tree: () => Promise<readonly string[]>;
  /** The same of `^store`. */
  readonly kept: () => Promise<readonly string[]>;
}

export async function folderLab(): Promise<FolderLab> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "folder-")));
  const opened: FolderStore[] = [];
  onTestFinished(async () => {
    await Promise.all(opened.map((store) => store.close()));
    await rm(folder, { recursive: true, force: true });
  });
  const all = async () => (await readdir(folder, { recursive: true })).map((path) => path.split(sep).join("/")).sort();
  return {
    folder,
    open(options = {}) {
      const store = createFolderStore({ folder, clock: systemClock, random: Math.random, ...options });
      opened.push(store);
      return store;
    },
    tree: async () => (await all()).filter((path) => path.split("/")[0] !== "^store"),
    kept: async () => (await all()).filter((path) => path.startsWith("^store/")),
  };
}

/** The machine's, but for what is said here: an ext4 on Linux with much room, where nothing is. */
export const statfsOf = (said: Partial<FileSystem>): Files["statfs"] =>
  (async (path: string) => ({
    ...(await machineFiles.statfs(path)),
    ...{ type: 0xef53, bsize: 4096, bavail: 1e8, files: 1e8, ffree: 1e8 },
    ...said,
  })) as Files["statfs"];

/** Keys of all pages. */
export async function keysOf(
  store: FolderStore,
  options: { prefix?: string; maxKeys?: number } = {},
): Promise<string[]> {
  const keys: string[] = [];
  let marker: string | undefined;
  do {
    const page = await store.list({ ...options, marker });
    keys.push(...page.objects.map(({ key }) => key));
    marker = page.nextMarker;
  } while (marker !== undefined);
  return keys;
}

export async function textOf(store: FolderStore, key: string): Promise<string> {
  const { bytes } = await store.get(key);
  if (bytes === undefined) throw new Error("it did not come whole");
  return bytes.toString();
}
