/**
 * The folders on the way to a file: made where they are missing, looked at before each use, and written to the disk.
 *
 * Nothing is read or written outside the folder: names have neither a slash nor `..` in them, and where the folders of a file lead is asked
 * (realpath) before each use: through a symbolic link it would be elsewhere, and that is refused. (Who may write in the folder could put one
 * there between the question and the use; against them there is no defence here.)
 */
import { dirname, join, sep } from "node:path";
import { refusal } from "./fault.ts";
import { errnoOf, type Files, isMissing, orMissing } from "./files.ts";

export type Ways = ReturnType<typeof createWays>;

/** The folder, as it was when it was opened. */
export interface Root {
  /** Its path, without links in it. */
  readonly root: string;
  /** Number of the file system that it is in. */
  readonly device: number;
  /** Where others are mounted within it. */
  readonly mountsWithin: readonly string[];
  /** Throws NoSuchBucket where it is gone, or another folder is in its place: that which a disk was mounted on. */
  readonly mustBeThere: (what: string) => Promise<void>;
}

/** Folders are removed when they are empty, perhaps between the moment that one is made and the one that it is used. */
export const tries = 50;

/** So many folders are known to be on the disk. */
const mostKnown = 10_000;

export function createWays(files: Files, { root, device, mountsWithin, mustBeThere }: Root) {
  /** Folders whose own entry was written to the disk by this process. */
  const onDisk = new Set<string>([root]);
  const syncs = new Map<string, { running: Promise<void>; next: Promise<void> | undefined }>();

  /**
   * All that was done in the folder before is on the disk. Who asks while that is under way waits for the next one, and shares it with the
   * others who do.
   */
  function sync(folder: string): Promise<void> {
    const known = syncs.get(folder);
    if (known !== undefined) {
      known.next ??= known.running.then(
        () => begin(folder),
        () => begin(folder),
      );
      return known.next;
    }
    return begin(folder);
  }

  function begin(folder: string): Promise<void> {
    const entry = { running: syncNow(folder), next: undefined };
    syncs.set(folder, entry);
    const over = () => {
      if (syncs.get(folder) === entry && entry.next === undefined) syncs.delete(folder);
    };
    entry.running.then(over, over);
    return entry.running;
  }

  async function syncNow(folder: string): Promise<void> {
    // Windows opens no folder, and writes its entries by itself.
    if (process.platform === "win32") return;
    // One that is gone, being empty, has no entries any more.
    const handle = await orMissing(files.open(folder, "r"));
    try {
      await handle?.sync();
    } finally {
      await handle?.close();
    }
  }

  /** Is it where its name says? Throws ENOENT where it is not there. */
  async function look(folder: string, what: string): Promise<void> {
    const there = await files.realpath(folder);
    if (there === folder || there.normalize("NFC") === folder.normalize("NFC")) return;
    const why = `${folder} leads to ${there}: a symbolic link or a folder of another name lies on the way, and none is followed`;
    throw refusal("FolderObstructed", what, why);
  }

  /**
   * Throws ENOENT where somebody removed one of those above it meanwhile, which was empty. The root itself is never made: where it is gone,
   * the disk is not there any more.
   */
  async function make(folder: string, what: string): Promise<void> {
    const parent = dirname(folder);
    // Whatever was known of it was of the one that is gone.
    onDisk.delete(folder);
    try {
      // Else it would be made behind a link.
      await look(parent, what);
    } catch (thrown) {
      if (!isMissing(thrown) || parent === root) throw thrown;
      await make(parent, what);
    }
    // Else it would be made on the disk that this one was mounted on.
    if (parent === root) await mustBeThere(what);
    try {
      await files.mkdir(folder);
    } catch (thrown) {
      if (errnoOf(thrown) !== "EEXIST") throw thrown;
    }
  }

  /** Its entry, and those of all above it, are on the disk; whoever made them. */
  async function keep(folder: string): Promise<void> {
    if (onDisk.has(folder)) return;
    await keep(dirname(folder));
    await sync(dirname(folder));
    if (onDisk.size >= mostKnown) onDisk.clear();
    onDisk.add(root).add(folder);
  }

  /**
   * Could a file be put there, as far as can be told without doing it? So what is in the way is heard of before anything is paid for.
   *
   * @throws BucketError `FolderObstructed`
   */
  async function mayHold(folder: string, what: string): Promise<void> {
    if (onDisk.has(folder)) return;
    for (let at = folder; at === root || at.startsWith(root + sep); at = dirname(at)) {
      // Below a file there is nothing either: the file itself is met further up.
      const there = await files.lstat(at).catch((thrown: unknown) => {
        if (isMissing(thrown) || errnoOf(thrown) === "ENOTDIR") return undefined;
        throw thrown;
      });
      if (there === undefined) continue;
      await look(at, what);
      if (!there.isDirectory()) {
        throw refusal("FolderObstructed", what, `the file ${at} lies where a folder has to; move it away`);
      }
      const mount = there.dev === device ? mountsWithin.find((each) => `${at}${sep}`.startsWith(each + sep)) : at;
      if (mount === undefined) return;
      const why = `${mount} is another file system (or subvolume) within the folder, and all of the folder has to be in one: archive to a folder of its own there, or keep that one elsewhere`;
      throw refusal("FolderObstructed", what, why);
    }
  }

  return {
    sync,
    mayHold,
    /** Of names that have no slash in them. */
    pathOf: (...names: readonly string[]): string => join(root, ...names),
    look,
    /** There from now on, as long as nobody removes it. */
    async ensure(folder: string, what: string): Promise<void> {
      for (let n = 1; ; n++) {
        try {
          await look(folder, what);
          await keep(folder);
          return;
        } catch (thrown) {
          if (!isMissing(thrown) || n === tries) throw thrown;
        }
        try {
          await make(folder, what);
        } catch (thrown) {
          if (!isMissing(thrown) || (await orMissing(files.lstat(root))) === undefined) throw thrown;
        }
      }
    },
    /** Removes folders that are empty, from this one upwards to one of `upTo`, which stays. */
    async prune(folder: string, upTo: string): Promise<void> {
      for (let at = folder; at.startsWith(upTo + sep); at = dirname(at)) {
        onDisk.delete(at);
        try {
          await files.rmdir(at);
        } catch {
          // Something lies in it, or it is gone.
          return;
        }
      }
    },
  };
}
