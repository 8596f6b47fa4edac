/**
 * What is known of an object beside its bytes, in a file of its own:
 *
 *   ^store/about/<the names of its file>^w<modified>-<size>     {"v":1,"key":…,"etag":…,"crc64":…,"headers":{…}}
 *
 * Its name says which bytes it is about: those of the file with this modification time (nanoseconds) and this length. So each version of an
 * object has a sidecar of its own, written before the version is there and never changed after; what is in the file's place and what is said
 * of it can't be of two versions, whoever was killed, and however many write at once. A file that a person edited, or put there, has none:
 * it is listed all the same, without an ETag, and a HEAD or GET reads it once and writes one.
 */
import { dirname, join } from "node:path";
import * as z from "zod";
import type { Headers } from "../../objects/bucket.ts";
import { errnoOf, type Files, orMissing } from "./files.ts";
import type { Ways } from "./ways.ts";

/** Of a file, what tells its versions apart. */
export interface Version {
  /** Nanoseconds since the epoch. */
  readonly mtimeNs: bigint;
  readonly size: bigint;
}

export const sameVersion = (a: Version, b: Version): boolean => a.mtimeNs === b.mtimeNs && a.size === b.size;

export interface About {
  readonly key: string;
  /** Without its quotes. */
  readonly etag: string;
  /** Unsigned decimal. */
  readonly crc64: string;
  /** Content-Type and its kin, x-cos-meta-*; lower-case names. */
  readonly headers: Headers;
}

const aboutSchema = z.object({
  v: z.literal(1),
  key: z.string(),
  etag: z.string(),
  crc64: z.string(),
  headers: z.record(z.string(), z.string()),
});

export type Sidecars = ReturnType<typeof createSidecars>;

export function createSidecars(files: Files, ways: Ways) {
  const pathOf = (names: readonly string[], { mtimeNs, size }: Version): string =>
    `${ways.pathOf("^store", "about", ...names)}^w${mtimeNs.toString(36)}-${size.toString(36)}`;

  return {
    /** Undefined where there is none, or none that can be read. */
    async read(names: readonly string[], version: Version): Promise<About | undefined> {
      const text = await orMissing(files.readFile(pathOf(names, version), "utf8"));
      if (text === undefined) return undefined;
      try {
        return aboutSchema.parse(JSON.parse(text));
      } catch {
        return undefined;
      }
    },
    /**
     * On the disk when it resolves. False: there is one of another object of this very time and length, or of a writer that was killed, so
     * that the file needs another time.
     */
    async write(names: readonly string[], version: Version, about: About, what: string): Promise<boolean> {
      const path = pathOf(names, version);
      const folder = dirname(path);
      const text = JSON.stringify({ v: 1, ...about });
      for (;;) {
        await ways.ensure(folder, what);
        try {
          // In its place at once: until a file of this time and length is there, nobody looks for it.
          const handle = await files.open(path, "wx");
          try {
            await handle.writeFile(text);
            await Promise.all([handle.sync(), ways.sync(folder)]);
          } catch (thrown) {
            // On a disk that is full there would soon be one of each object that did not come to be.
            await files.unlink(path).catch(() => undefined);
            throw thrown;
          } finally {
            await handle.close();
          }
          return true;
        } catch (thrown) {
          if (errnoOf(thrown) === "EEXIST") return false;
          // Somebody removed the folder meanwhile, which was empty.
          if (errnoOf(thrown) !== "ENOENT") throw thrown;
        }
      }
    },
    /** Best effort: one that is left says something of a version that is nowhere. */
    async remove(names: readonly string[], version: Version): Promise<void> {
      await files.unlink(pathOf(names, version)).catch(() => undefined);
    },
    /** Removes the folders that are empty now. */
    prune: (names: readonly string[]): Promise<void> =>
      ways.prune(join(ways.pathOf("^store", "about"), ...names.slice(0, -1)), ways.pathOf("^store", "about")),
  };
}
