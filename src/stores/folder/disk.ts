/** What the file system of a folder goes without: told by the doctor, and as a run begins to write there. */
import type { Disk } from "../../objects/disk.ts";

/** What is used of statfs(2): blocks of `bsize` bytes, of which `bavail` are free for this user; of `files` file numbers `ffree` are. */
export interface FileSystem {
  readonly type: number;
  readonly bsize: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
}

/** As statfs(2) of Linux numbers them. */
const inMemory: ReadonlyMap<number, string> = new Map([
  [0x01021994, "tmpfs"],
  [0x858458f6, "ramfs"],
]);
const FAT = 0x4d44;

/** Of free bytes, and of free file numbers: hardly a night's work. */
const littleBytes = 1024 ** 3;
const fewFiles = 10_000;

/**
 * @param links does it make any? Undefined: it was not tried
 * @param isMountPoint is a disk mounted at the folder itself?
 * @param platform other systems than Linux number their file systems otherwise
 */
export function diskOf(
  { type, bsize, bavail, files, ffree }: FileSystem,
  platform: NodeJS.Platform,
  links: boolean | undefined,
  isMountPoint = false,
): Disk {
  const lacks: string[] = [];
  const lack = (where: boolean, says: string) => {
    if (where) lacks.push(says);
  };
  const isLinux = platform === "linux";
  const memory = isLinux ? inMemory.get(type >>> 0) : undefined;
  const freeBytes = bavail * bsize;
  lack(
    links === false,
    "is in a file system that makes no links, so overwriting is forbidden by looking first: two runs begun at one moment may do some work twice",
  );
  lack(
    isMountPoint,
    "is itself where a disk is mounted: when it is not, the empty folder there is taken for the archive, and all is fetched again; name a folder on that disk, which is missing then",
  );
  lack(memory !== undefined, `is in memory (${memory}), and gone when the machine stops: name one on a disk`);
  lack(isLinux && type >>> 0 === FAT, "is in a file system (FAT) that takes no file of 4 GiB: larger originals fail");
  lack(
    platform === "win32",
    "can't be written to the disk as a whole here: after a power failure its last objects may be missing",
  );
  lack(
    freeBytes < littleBytes,
    `is on a disk with ${Math.floor(freeBytes / 1024 ** 2)} MiB left: make room, or a run halts when it is full`,
  );
  // Some have no fixed number of them, and say 0 of 0.
  lack(
    files > 0 && ffree < fewFiles,
    "is in a file system that takes few more files, and each object is two: make room",
  );
  const network =
    "may be on a network file system, which this system does not tell: there what was written may not be listed at once, so be sure that it is on a disk of this machine";
  return { freeBytes, lacks, untold: isLinux ? [] : [network] };
}
