/**
 * Uploads in parts:
 *
 *   ^store/uploads/<id>/about.json                       the key, and the headers
 *   ^store/uploads/<id>/<part>-<md5>-<crc64>             bytes
 *
 * Parts are not fsynced: nothing counts before Complete is over. A part that is sent again lies beside the first; Complete says by its ETag which one is meant. Complete puts them one behind the other into
 * a temporary file, which becomes the object as any other does (commit.ts). An upload that nobody ends goes a week after its last part.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { crc64Combine } from "../../checksum/crc64-combine.ts";
import type { Body, Headers, PutOptions, UploadedPart } from "../../objects/bucket.ts";
import type { Random } from "../../vocabulary/clock.ts";
import { takeBody, type Written, writeAll } from "./body.ts";
import type { Described } from "./commit.ts";
import { refusal } from "./fault.ts";
import { type Files, isMissing, orMissing } from "./files.ts";
import { removeWith } from "./temporaries.ts";
import type { Ways } from "./ways.ts";

const aboutSchema = z.object({ v: z.literal(1), key: z.string(), headers: z.record(z.string(), z.string()) });
const aboutName = "about.json";
const abandonedAfterMs = 7 * 24 * 3_600_000;
const copiedAtOnce = 1024 * 1024;

interface Part {
  readonly name: string;
  readonly md5: string;
  readonly crc64: string;
}

function readPart(name: string): (Part & { readonly partNumber: number }) | undefined {
  const [, number, md5, crc64] = /^(\d+)-([\da-f]{32})-(\d+)$/.exec(name) ?? [];
  if (md5 === undefined || crc64 === undefined) return undefined;
  return { partNumber: Number(number), name, md5, crc64 };
}

export function createUploads(files: Files, ways: Ways, next: () => string, random: Random) {
  const uploads = ways.pathOf("^store", "uploads");
  const missing = (what: string, cause?: unknown) =>
    refusal("NoSuchUpload", what, "there is no such upload: it was completed or aborted, or is another key's", cause);

  /** Throws NoSuchUpload. Ids of ours are no paths. */
  async function folderOf(key: string, uploadId: string, what: string) {
    if (!/^[\da-z]+$/.test(uploadId)) throw missing(what);
    const folder = join(uploads, uploadId);
    const text = await orMissing(files.readFile(join(folder, aboutName), "utf8"));
    if (text === undefined) throw missing(what);
    const about = aboutSchema.parse(JSON.parse(text));
    if (about.key !== key) throw missing(what);
    return { folder, headers: about.headers };
  }

  /** Each where it is to be, in order; throws InvalidPart, InvalidPartOrder. */
  async function chosenParts(folder: string, parts: readonly UploadedPart[], what: string): Promise<readonly Part[]> {
    const there = (await files.readdir(folder)).flatMap((name) => readPart(name) ?? []);
    if (parts.length === 0) throw refusal("InvalidPart", what, "no part is named");
    return parts.map(({ partNumber, etag }, at) => {
      if (partNumber <= (parts[at - 1]?.partNumber ?? 0)) {
        throw refusal("InvalidPartOrder", what, `part ${partNumber} is named behind a later one, or twice`);
      }
      const part = there.find((each) => each.partNumber === partNumber && each.md5 === etag.toLowerCase());
      if (part === undefined)
        throw refusal("InvalidPart", what, `part ${partNumber} with the ETag ${etag} is not there`);
      return part;
    });
  }

  /** One behind the other. */
  async function joined(folder: string, parts: readonly Part[], signal: AbortSignal | undefined, what: string) {
    const path = next();
    const to = await files.open(path, "wx");
    try {
      let size = 0;
      let crc64 = "0";
      const buffer = Buffer.allocUnsafe(copiedAtOnce);
      for (const part of parts) {
        const from = await files.open(join(folder, part.name), "r");
        let length = 0;
        try {
          for (;;) {
            if (signal?.aborted) throw refusal("RequestAborted", what, "given up because the caller asked to");
            const { bytesRead } = await from.read(buffer, 0, buffer.length, null);
            if (bytesRead === 0) break;
            await writeAll(to, buffer.subarray(0, bytesRead));
            length += bytesRead;
          }
        } finally {
          await from.close();
        }
        crc64 = crc64Combine(crc64, part.crc64, length);
        size += length;
      }
      const { mtimeNs } = await to.stat({ bigint: true });
      const md5 = createHash("md5");
      for (const part of parts) md5.update(part.md5, "hex");
      const etag = `${md5.digest("hex")}-${parts.length}`;
      const written: Written = { path, md5: etag, crc64, mtimeNs, size: BigInt(size), handle: to };
      return { etag, written };
    } catch (thrown) {
      await to.close().catch(() => undefined);
      await files.unlink(path).catch(() => undefined);
      throw thrown;
    }
  }

  return {
    async create(key: string, headers: Headers, what: string): Promise<string> {
      const uploadId = Array.from({ length: 4 }, () =>
        Math.floor(random() * 36 ** 5)
          .toString(36)
          .padStart(5, "0"),
      ).join("");
      const folder = join(uploads, uploadId);
      await ways.ensure(folder, what);
      const path = next();
      const handle = await files.open(path, "wx");
      try {
        await handle.writeFile(JSON.stringify({ v: 1, key, headers }));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await files.rename(path, join(folder, aboutName));
      await ways.sync(folder);
      return uploadId;
    },

    async part(key: string, uploadId: string, partNumber: number, body: Body, options: PutOptions, what: string) {
      const { folder } = await folderOf(key, uploadId, what);
      if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > 10_000) {
        throw refusal("InvalidArgument", what, `there is no part ${partNumber}: they are numbered from 1 to 10000`);
      }
      const { path, md5, crc64, handle } = await takeBody(files, next(), body, options, what);
      try {
        await handle.close();
        await files.rename(path, join(folder, `${partNumber}-${md5}-${crc64}`));
      } catch (thrown) {
        await files.unlink(path).catch(() => undefined);
        throw isMissing(thrown) ? missing(what, thrown) : thrown;
      }
      return { partNumber, etag: md5 };
    },

    /** What is to become the object. The upload is still there: `end` it when the object is. */
    async complete(
      key: string,
      uploadId: string,
      parts: readonly UploadedPart[],
      signal: AbortSignal | undefined,
      what: string,
    ): Promise<{ readonly written: Written; readonly described: Described }> {
      const { folder, headers } = await folderOf(key, uploadId, what);
      const chosen = await chosenParts(folder, parts, what);
      const { etag, written } = await joined(folder, chosen, signal, what);
      return { written, described: { key, etag, crc64: written.crc64, headers } };
    },

    /** Resolves where there is none, too. */
    async end(key: string, uploadId: string, what: string): Promise<void> {
      try {
        await removeWith(files, (await folderOf(key, uploadId, what)).folder);
      } catch (thrown) {
        if (!(thrown instanceof Error && "code" in thrown && thrown.code === "NoSuchUpload")) throw thrown;
      }
    },

    async removeAbandoned(now: number): Promise<void> {
      for (const name of (await orMissing(files.readdir(uploads))) ?? []) {
        const folder = join(uploads, name);
        // Each part that comes changes it.
        const stat = await orMissing(files.lstat(folder));
        if (stat?.isDirectory() === true && now - stat.mtimeMs > abandonedAfterMs) await removeWith(files, folder);
      }
    },
  };
}
