/** What is mounted where, as Linux tells it (proc(5), fstab(5)). Elsewhere nothing is told. Pure. */

export interface Mount {
  /** Whole path. */
  readonly at: string;
  /** `ext4`, `fuse.sshfs`. */
  readonly type: string;
}

/** Both files write a space in a path as `\\040`. */
const unescaped = (path: string): string =>
  path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** @param mountinfo of /proc/self; those that are mounted over others last */
export function readMounts(mountinfo: string): readonly Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const at = before.split(" ")[4];
    return at === undefined ? [] : [{ at: unescaped(at), type: after.split(" ")[0] ?? "" }];
  });
}

/** Of the disks that /etc/fstab names; swap has none. */
export function mountPointsOf(fstab: string): readonly string[] {
  return fstab.split("\n").flatMap((line) => {
    const at = /^\s*[^#\s]\S*\s+(\/\S*)/.exec(line)?.[1];
    return at === undefined ? [] : [unescaped(at).replace(/(?<=.)\/+$/, "")];
  });
}
