/**
 * A folder is opened at its first use: it has to be there (it may be a disk that is not mounted just now, and what would be made in its place
 * would fill another one) and on a disk of this machine. What the store keeps for itself lies in `^store`, which is made at the first write:
 *
 *   ^store/READ-ME.txt    what this is, for people
 *   ^store/about/…        a sidecar for each object (sidecar.ts)
 *   ^store/tmp/…          what is being written (temporaries.ts)
 *   ^store/uploads/…      uploads in parts (multipart.ts)
 */
import { join } from "node:path";
import type { Random } from "../../vocabulary/clock.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { refusal } from "./fault.ts";
import { networkFileSystem } from "./file-system.ts";
import { errnoOf, type Files, orMissing } from "./files.ts";
import { type Mount, mountPointsOf, readMounts } from "./mounts.ts";
import { isOwnName } from "./names/key-path.ts";
import { openTemporaries, type Temporaries } from "./temporaries.ts";
import type { Root, Ways } from "./ways.ts";

const readMe = `cos-originals keeps here what it has to know of the files beside this folder: their ETags, checksums and headers, and what it is
writing just now. Files and folders beside it are the archive; docs/folder.md of cos-originals tells how their names are made of keys.
Copy or move the folder as a whole, with the times of its files (cp -a, rsync -a), so that they belong together there too.
`;

export interface Found extends Root {
  /** Is a disk mounted at this very folder? False where this system does not tell. */
  readonly isMountPoint: boolean;
}

/** @throws BucketError `NoSuchBucket`; UserError `NetworkFolder` */
export async function findFolder(files: Files, folder: string, what: string): Promise<Found> {
  const root = await files.realpath(folder).catch((thrown: unknown) => {
    const why = notFound[errnoOf(thrown) ?? ""];
    throw why === undefined ? thrown : refusal("NoSuchBucket", what, `${why}${asWritten(folder)}`, thrown);
  });
  const first = await files.lstat(root, { bigint: true });
  if (!first.isDirectory()) {
    throw refusal("NoSuchBucket", what, "a file is there, and no folder; name another, or move it away");
  }
  const { type } = await files.statfs(root);
  const mounts = readMounts(await files.readFile("/proc/self/mountinfo", "utf8").catch(() => ""));
  const network = networkFileSystem({ type, mounts, path: root }, process.platform);
  if (network !== undefined) throw new UserError("NetworkFolder", notOfThisMachine(folder, network));
  const unmounted = await notMounted(files, root, mounts);
  if (unmounted !== undefined) {
    const why = `${unmounted} is where a disk belongs (/etc/fstab), and none is mounted there; mount it, or take that line out`;
    throw refusal("NoSuchBucket", what, why);
  }
  return {
    root,
    device: Number(first.dev),
    isMountPoint: mounts.some(({ at }) => at === root),
    mountsWithin: mounts.map(({ at }) => at).filter((at) => at.startsWith(`${root}/`)),
    mustBeThere: async (what: string) => {
      const now = await orMissing(files.lstat(root, { bigint: true }));
      if (now?.dev === first.dev && now.ino === first.ino) return;
      throw refusal("NoSuchBucket", what, "the folder is not there any more; is its disk still mounted?");
    },
  };
}

const notFound: Readonly<Record<string, string>> = {
  ENOENT: "there is no such folder; make it, or mount the disk that it is on",
  ENOTDIR: "a file lies on the way to it; name another folder, or move the file away",
  ELOOP: "symbolic links lead round in a circle there; name the folder itself",
};

/** Shells replace such things, and configuration files and `file:` addresses do not. */
const asWritten = (folder: string): string =>
  /~|\$|%[\da-f]{2}/i.test(folder) ? ". A path is used as it is written: ~, $HOME and %20 stand for nothing in it" : "";

function notOfThisMachine(folder: string, network: string): string {
  const where =
    network.startsWith("fuse") || network === "virtiofs"
      ? `is served by a program (${network}), of which it is not known that what was written is listed, and stays after a power failure; name one on the disk beneath it`
      : `is on a network file system (${network}), which does not promise that what was written is listed; name one on a disk of this machine`;
  return `The folder ${quote(folder)} ${where}, or archive to an object store.`;
}

/** The folder that a disk should be mounted at, by /etc/fstab, for this one to be on it. */
async function notMounted(files: Files, root: string, mounts: readonly Mount[]): Promise<string | undefined> {
  if (mounts.length === 0) return undefined;
  const fstab = await files.readFile("/etc/fstab", "utf8").catch(() => "");
  for (const named of mountPointsOf(fstab)) {
    const at = await files.realpath(named).catch(() => named);
    if (at !== root && !root.startsWith(`${at}/`)) continue;
    if (!mounts.some((mount) => mount.at === at && mount.type !== "autofs")) return at;
  }
  return undefined;
}

/** Does anything lie in it but what is the store's own? Of a folder of a million files no more than the first are read. */
export async function holdsAny(files: Files, root: string): Promise<boolean> {
  for await (const { name } of await files.opendir(root)) if (!isOwnName(name)) return true;
  return false;
}

export interface OpenedFolder {
  readonly temporaries: Temporaries;
  /** Does the file system make links? Without, overwriting is forbidden by looking first. */
  readonly links: boolean;
}

/** Makes ready for writing, and removes what killed processes left. */
export async function openForWriting(
  files: Files,
  ways: Ways,
  { random }: { readonly random: Random },
  what: string,
): Promise<OpenedFolder> {
  const own = ways.pathOf("^store");
  const tmp = join(own, "tmp");
  await ways.ensure(tmp, what);
  await ways.ensure(join(own, "about"), what);
  await ways.ensure(join(own, "uploads"), what);
  const temporaries = await openTemporaries(files, tmp, random);
  try {
    await leaveReadMe(files, join(own, "READ-ME.txt"));
    return { temporaries, links: await makesLinks(files, temporaries) };
  } catch (thrown) {
    await temporaries.close();
    throw thrown;
  }
}

async function leaveReadMe(files: Files, path: string): Promise<void> {
  try {
    const handle = await files.open(path, "wx");
    try {
      await handle.writeFile(readMe);
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (errnoOf(thrown) !== "EEXIST") throw thrown;
  }
}

async function makesLinks(files: Files, { next }: Temporaries): Promise<boolean> {
  const [from, to] = [next(), next()];
  await (await files.open(from, "wx")).close();
  try {
    await files.link(from, to);
    await files.unlink(to);
    return true;
  } catch (thrown) {
    if (["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(errnoOf(thrown) ?? "")) return false;
    throw thrown;
  } finally {
    await files.unlink(from);
  }
}
