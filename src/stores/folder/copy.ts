/** A copy of an object: its bytes into a temporary file, which becomes an object as any other does (commit.ts), and what is known of it. */
import { constants } from "node:fs";
import type { CopyOptions } from "../../objects/bucket.ts";
import { quote } from "../../vocabulary/errors.ts";
import type { Written } from "./body.ts";
import { refusal } from "./fault.ts";
import { type FileHandle, type Files, orMissing } from "./files.ts";
import { namesOfKey } from "./names/key-path.ts";
import type { Opened, Reading } from "./reading.ts";
import { type About, sameVersion } from "./sidecar.ts";
import type { Ways } from "./ways.ts";

export function createCopy(files: Files, ways: Ways, reading: Reading, next: () => string) {
  /** Undefined where it was replaced meanwhile. */
  async function copyOf({ about, version }: Opened, from: string): Promise<Written | undefined> {
    const path = next();
    let handle: FileHandle | undefined;
    try {
      // A file system that can lets both share their blocks until one is changed.
      await files.copyFile(from, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
      handle = await files.open(path, "r+");
      const { mtimeNs, size } = await handle.stat({ bigint: true });
      const still = await orMissing(files.lstat(from, { bigint: true }));
      if (still !== undefined && sameVersion(still, version) && size === version.size) {
        return { path, md5: about.etag, crc64: about.crc64, mtimeNs, size, handle };
      }
    } catch (thrown) {
      await letGo(path, handle);
      throw thrown;
    }
    await letGo(path, handle);
    return undefined;
  }

  async function letGo(path: string, handle: FileHandle | undefined): Promise<void> {
    await handle?.close().catch(() => undefined);
    await files.unlink(path).catch(() => undefined);
  }

  /** @throws BucketError `NoSuchKey`, `PreconditionFailed` */
  return async function copy(
    from: string,
    { ifMatch, signal }: CopyOptions,
    what: string,
  ): Promise<{ readonly written: Written; readonly about: About }> {
    for (;;) {
      const opened = await reading.open(from, what, signal);
      const { about } = opened;
      try {
        if (ifMatch !== undefined && ifMatch.toLowerCase() !== about.etag.toLowerCase()) {
          throw refusal("PreconditionFailed", what, `the ETag of ${quote(from)} is ${about.etag}, and not ${ifMatch}`);
        }
        const written = await copyOf(opened, ways.pathOf(...namesOfKey(from)));
        if (written !== undefined) return { written, about };
      } finally {
        await opened.handle.close();
      }
    }
  };
}
