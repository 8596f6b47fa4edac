/**
 * The manifest a command was given: a file, an object in a bucket, or standard input. It is read once for its digest, which
 * pins what the run was asked, and again for its rows; so standard input is kept in a file for as long as it is needed.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Settings } from "../../config/read.ts";
import { flagOf } from "../../config/settings.ts";
import type { StoredRows } from "../../ledger/plan/request.ts";
import { detectFormat } from "../../manifest/format.ts";
import { readManifest } from "../../manifest/read-manifest.ts";
import type { KeyEncoding, ManifestEntry, ManifestFormat } from "../../manifest/row.ts";
import { withRetries } from "../../objects/retrying.ts";
import { headBytes, headOf, needsHead } from "../../run/plan/manifest-head.ts";
import { manifestTrouble } from "../../run/plan/rows.ts";
import type { Surroundings } from "../../run/surroundings/surroundings.ts";
import { ensureError, quote, UserError } from "../../vocabulary/errors.ts";
import { manifestObject } from "./places.ts";

export interface ManifestInput {
  readonly source: StoredRows;
  /** The rows of a file, read anew at each call; undefined where run/ reads them by itself. */
  readonly rows: ((sourceBucket: string) => AsyncIterable<readonly ManifestEntry[]>) | undefined;
  /** Removes what was kept of standard input. */
  dispose(): Promise<void>;
}

const nothing = async () => undefined;

/** Rows that come by a stream, as standard input does. */
export interface PipedRows {
  readonly stream: Readable;
  /** For messages. */
  readonly name: string;
}

export const standardInput = (): PipedRows => ({ stream: process.stdin, name: "standard input" });

/** Errors: UserError `ManifestUnreadable`, `ManifestMissing`, `ManifestForbidden`, `EmptyManifest`, `UnknownFormat`. */
export async function openManifest(
  settings: Settings,
  surroundings: Pick<Surroundings, "open" | "clock" | "random">,
  piped: PipedRows,
  signal: AbortSignal,
): Promise<ManifestInput> {
  const { manifest, format, keyEncoding } = settings.values;
  if (manifest === undefined) throw new Error("a manifest is opened only where one was given");
  const said: Said = { flag: flagOf("manifest"), format, keyEncoding };
  const object = manifestObject(settings);
  if (object !== undefined) {
    const source = await objectSource(surroundings, object, said);
    return { source, rows: undefined, dispose: nothing };
  }
  if (manifest !== "-") return fileInput(manifest, said, signal, nothing);
  // Said before a long input has been read to its end.
  formatOf(said, piped.name);
  const refuse = notKept(piped.name);
  const folder = await mkdtemp(join(tmpdir(), "cos-originals-")).catch(refuse);
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    const kept = join(folder, "manifest");
    await pipeline(piped.stream, createWriteStream(kept, { mode: 0o600 }), { signal }).catch(refuse);
    return await fileInput(kept, said, signal, dispose, piped.name);
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The manifest of what is left out; its format is told by its name. The same errors. */
export async function openExcept(
  settings: Settings,
  surroundings: Pick<Surroundings, "open" | "clock" | "random">,
  signal: AbortSignal,
): Promise<Omit<ManifestInput, "dispose"> | undefined> {
  const { except } = settings.values;
  if (except === undefined) return undefined;
  const said: Said = { flag: flagOf("except") };
  const object = manifestObject(settings, "except");
  if (object !== undefined) return { source: await objectSource(surroundings, object, said), rows: undefined };
  return fileInput(except, said, signal, nothing);
}

/** What was said of a manifest beside where it is. */
interface Said {
  readonly flag: string;
  readonly format?: ManifestFormat | undefined;
  readonly keyEncoding?: KeyEncoding | undefined;
}

/** A stream is read twice, so it is kept; where that can't be, nothing else is wrong. */
const notKept =
  (name: string) =>
  (thrown: unknown): never => {
    const error = ensureError(thrown);
    if (error instanceof UserError || error.name === "AbortError") throw error;
    throw new UserError(
      "ManifestUnreadable",
      `The manifest on ${name} can't be kept in ${quote(tmpdir())} while it is read: ${error.message}; set TMPDIR to a folder with room for it, or give a file.`,
      { cause: error },
    );
  };

async function fileInput(
  path: string,
  said: Said,
  signal: AbortSignal,
  dispose: () => Promise<unknown>,
  name = path,
): Promise<ManifestInput> {
  const { digest, head, bytes } = await digestOf(path, name, signal);
  if (bytes === 0)
    throw new UserError("EmptyManifest", `The manifest ${quote(name)} is empty: there is nothing to archive.`);
  const format = formatOf(said, name, head);
  const { keyEncoding } = said;
  if (format === "cos-inventory" || format === "s3-inventory") {
    throw new UserError(
      "UnknownFormat",
      `The manifest ${quote(name)} is that of an inventory, whose files lie beside it in a bucket; give it as ${said.flag} cos://BUCKET-APPID/…/manifest.json.`,
    );
  }
  return {
    source: { kind: "file", name, digest, format, ...(keyEncoding === undefined ? {} : { keyEncoding }) },
    rows: (sourceBucket) => readManifest(createReadStream(path), { name, format, keyEncoding, sourceBucket, signal }),
    dispose: async () => {
      await dispose();
    },
  };
}

function formatOf(said: Said, name: string, head?: Uint8Array): ManifestFormat {
  const format = said.format ?? detectFormat(name, head);
  if (format !== undefined) return format;
  const what =
    said.flag === flagOf("manifest")
      ? `say it, for example ${flagOf("format")} lines`
      : "give it a name that does, such as keys.txt, keys.csv or keys.jsonl";
  throw new UserError("UnknownFormat", `The name of the manifest ${quote(name)} does not tell its format; ${what}.`);
}

/** SHA-256 of a file, and what it begins with. */
async function digestOf(path: string, name: string, signal: AbortSignal) {
  const refuse = (why: string, cause: unknown) =>
    new UserError("ManifestUnreadable", `The manifest ${quote(name)} can't be read: ${why}.`, { cause });
  try {
    const file = await open(path);
    try {
      if ((await file.stat()).isDirectory()) throw refuse("it is a directory", undefined);
      const hash = createHash("sha256");
      let head = Buffer.alloc(0);
      let bytes = 0;
      for await (const chunk of file.createReadStream({ signal, autoClose: false }) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        bytes += chunk.length;
        if (head.length < headBytes) head = Buffer.concat([head, chunk.subarray(0, headBytes - head.length)]);
      }
      return { digest: hash.digest("hex"), head, bytes };
    } finally {
      await file.close();
    }
  } catch (thrown) {
    const error = ensureError(thrown);
    if (error instanceof UserError || error.name === "AbortError") throw error;
    const code = "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") throw refuse("there is no such file", error);
    if (code === "EACCES" || code === "EPERM") throw refuse("you may not read it", error);
    throw refuse(error.message, error);
  }
}

async function objectSource(
  surroundings: Pick<Surroundings, "open" | "clock" | "random">,
  object: { readonly bucket: string; readonly region: string; readonly key: string },
  said: Said,
): Promise<StoredRows> {
  const name = `cos://${object.bucket}/${object.key}`;
  const { keyEncoding } = said;
  const bucket = surroundings.open("manifest", object);
  try {
    const { etag, size } = await withRetries(() => bucket.head(object.key), surroundings);
    if (size === 0)
      throw new UserError("EmptyManifest", `The manifest ${quote(name)} is empty: there is nothing to archive.`);
    if (etag === undefined) {
      throw new UserError(
        "ManifestUnversioned",
        `The manifest ${quote(name)} has no ETag, which pins what the run is asked; store it anew.`,
      );
    }
    const ambiguous = said.format === undefined && needsHead(object.key);
    const head = ambiguous ? await headOf(bucket, object.key, surroundings) : undefined;
    return {
      kind: "object",
      ...object,
      etag,
      format: formatOf(said, name, head),
      ...(keyEncoding === undefined ? {} : { keyEncoding }),
    };
  } catch (error) {
    throw manifestTrouble(error, name);
  }
}
