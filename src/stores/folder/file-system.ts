/**
 * Is a folder on a disk of this machine? The opening of shards rests on listing after writing, forbid-overwrite on a link that is made once,
 * and the proof that an object is stored on what fsync says. Network file systems promise none of it to two machines, and some not to one.
 */
import type { Mount } from "./mounts.ts";

/** As statfs(2) of Linux numbers them. */
const networks: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x517b, "SMB"],
  [0x01021997, "9P"],
  [0x00c36400, "Ceph"],
  [0x5346414f, "AFS"],
  [0x6b414653, "AFS"],
  [0x73757245, "Coda"],
  [0x564c, "NCP"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x19830326, "BeeGFS"],
  [0x01161970, "GFS2"],
  [0x7461636f, "OCFS2"],
  [0xaad7aaea, "PanFS"],
  [0x786f4256, "a folder of VirtualBox's host"],
  [0xbacbacbc, "a folder of VMware's host"],
  [0x013111a8, "IBRIX"],
  [0x7c7c6673, "a folder of Parallels' host"],
]);
const FUSE = 0x65735546;

/**
 * What it is, where it is no disk of this machine; undefined where nothing speaks against it. Other systems number their file systems
 * otherwise, so that there nothing is told.
 * @param type of statfs
 * @param path the folder's, without links in it
 */
export function networkFileSystem(
  { type, mounts, path }: { readonly type: number; readonly mounts: readonly Mount[]; readonly path: string },
  platform: NodeJS.Platform,
): string | undefined {
  if (platform !== "linux") return undefined;
  const unsigned = type >>> 0;
  if (unsigned !== FUSE) return networks.get(unsigned);
  const named = mountedAs(mounts, path);
  // A disk of this machine by a driver that is a process, such as NTFS or exFAT.
  return named === "fuseblk" ? undefined : (named ?? "fuse");
}

/** The name of the file system that the path is in. */
function mountedAs(mounts: readonly Mount[], path: string): string | undefined {
  const within = ({ at }: Mount) => at === "/" || path === at || path.startsWith(`${at}/`);
  return mounts
    .filter(within)
    .reduce<Mount | undefined>(
      (longest, mount) => (longest === undefined || mount.at.length >= longest.at.length ? mount : longest),
      undefined,
    )?.type;
}
