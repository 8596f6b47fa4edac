/**
 * How an object comes to be, is replaced, and goes: in steps between which a process may be killed, or the power may fail, at any point.
 *
 *   put                                                       killed after this step, there is
 *   1  bytes into a temporary file, written to the disk       what was before; the temporary file goes when the folder is opened next
 *   2  the sidecar of this version, written to the disk       what was before, and a sidecar that nobody looks for
 *   3  the file gets its name: rename, or link where          the object, with its sidecar
 *      overwriting is forbidden (which fails where one is)
 *   4  the folder's entry written to the disk; acknowledged   the same, after a power failure too
 *   5  the sidecar of the version that was replaced removed   the same
 *
 *   delete
 *   1  the file removed                                       nothing, and a sidecar that nobody looks for
 *   2  the folder written to the disk; the sidecar removed    nothing
 *   3  folders that are empty now removed                     nothing
 *
 * Steps 1 and 2 are taken side by side. A sidecar is of one version of one object (sidecar.ts), so no reader sees the bytes of one and the sidecar of another.
 */
import { dirname } from "node:path";
import type { Headers } from "../../objects/bucket.ts";
import type { Written } from "./body.ts";
import { refusal } from "./fault.ts";
import { errnoOf, type Files, isMissing, orMissing } from "./files.ts";
import { namesOfKey } from "./names/key-path.ts";
import { type Sidecars, sameVersion, type Version } from "./sidecar.ts";
import { tries, type Ways } from "./ways.ts";

export interface Described {
  readonly key: string;
  readonly etag: string;
  readonly crc64: string;
  readonly headers: Headers;
}

export type Commits = ReturnType<typeof createCommits>;

export function createCommits(files: Files, ways: Ways, sidecars: Sidecars, links: () => boolean) {
  /** What the temporary file may be named as; its time is moved on until no sidecar has it. */
  async function describe(
    written: Written,
    names: readonly string[],
    described: Described,
    what: string,
  ): Promise<Version> {
    let version: Version = written;
    for (let microseconds = 1; !(await sidecars.write(names, version, described, what)); microseconds *= 10) {
      const seconds = Number(version.mtimeNs / 1000n) / 1e6 + microseconds / 1e6;
      await files.utimes(written.path, seconds, seconds);
      const handle = await files.open(written.path, "r+");
      try {
        await handle.sync();
        version = await handle.stat({ bigint: true });
      } finally {
        await handle.close();
      }
    }
    return version;
  }

  /** False: something is there, and overwriting was forbidden. */
  async function name(from: string, to: string, forbidOverwrite: boolean): Promise<boolean> {
    if (!forbidOverwrite) {
      await files.rename(from, to);
      return true;
    }
    if (!links()) {
      // Two that do this at one moment both succeed: said at the beginning of a run, and by doctor.
      if ((await orMissing(files.lstat(to))) !== undefined) return false;
      await files.rename(from, to);
      return true;
    }
    try {
      await files.link(from, to);
    } catch (thrown) {
      if (errnoOf(thrown) === "EEXIST") return false;
      throw thrown;
    }
    await files.unlink(from);
    return true;
  }

  async function isThere(path: string, version: Version): Promise<boolean> {
    const there = await files.lstat(path, { bigint: true }).catch(() => undefined);
    return there !== undefined && sameVersion(there, version);
  }

  return {
    /** @throws BucketError `FileAlreadyExists` */
    async put(written: Written, about: Described, forbidOverwrite: boolean, what: string): Promise<Version> {
      const names = namesOfKey(about.key);
      const path = ways.pathOf(...names);
      let version: Version | undefined;
      try {
        await ways.ensure(dirname(path), what);
        if (forbidOverwrite && (await orMissing(files.lstat(path))) !== undefined) throw taken(what);
        const [synced, described] = await Promise.allSettled([
          written.handle.sync(),
          describe(written, names, about, what),
        ]);
        await written.handle.close();
        if (described.status === "rejected") throw described.reason;
        version = described.value;
        if (synced.status === "rejected") throw synced.reason;
        let before: Version | undefined;
        for (let n = 1; ; n++) {
          try {
            before = await orMissing(files.lstat(path, { bigint: true }));
            if (!(await name(written.path, path, forbidOverwrite))) throw taken(what);
            break;
          } catch (thrown) {
            if (!isMissing(thrown) || n === tries) throw thrown;
            if ((await orMissing(files.lstat(written.path))) === undefined) {
              throw refusal("DiskFailed", what, "somebody removed what was written so far", thrown);
            }
            await ways.ensure(dirname(path), what);
          }
        }
        await ways.sync(dirname(path));
        if (before !== undefined && !sameVersion(before, version)) await sidecars.remove(names, before);
        return version;
      } catch (thrown) {
        await written.handle.close().catch(() => undefined);
        await files.unlink(written.path).catch(() => undefined);
        if (version !== undefined && !(await isThere(path, version))) await sidecars.remove(names, version);
        throw thrown;
      }
    },

    async remove(key: string, what: string): Promise<void> {
      const names = namesOfKey(key);
      const path = ways.pathOf(...names);
      const folder = dirname(path);
      try {
        await ways.look(folder, what);
        const before = await files.lstat(path, { bigint: true });
        await files.unlink(path);
        await ways.sync(folder);
        await sidecars.remove(names, before);
      } catch (thrown) {
        if (isMissing(thrown)) return;
        throw thrown;
      }
      await ways.prune(folder, ways.pathOf());
      await sidecars.prune(names);
    },
  };
}

const taken = (what: string) => refusal("FileAlreadyExists", what, "the key is taken, and overwriting was forbidden");
