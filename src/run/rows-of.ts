/** The rows a request asks for, as a stream of manifest entries. */
import type { Bucket } from "../cos/bucket.ts";
import { isCosError } from "../cos/error.ts";
import { quote, UserError } from "../errors.ts";
import { patiently } from "../ledger/patience.ts";
import type { RowsSource, RunRequest } from "../ledger/run-document.ts";
import { readInventory } from "../manifest/inventory.ts";
import { readManifest } from "../manifest/read-manifest.ts";
import type { ManifestEntry } from "../manifest/row.ts";
import type { Surroundings } from "./surroundings.ts";

/** Not of a `file`: only the process that was given the file can read it. */
export function rowsOf(
  request: Pick<RunRequest, "source" | "rows">,
  around: Surroundings,
): AsyncIterable<readonly ManifestEntry[]> {
  const { rows, source } = request;
  const { open } = around;
  switch (rows.kind) {
    case "object":
      return manifestObject(open("manifest", rows), rows, source.bucket, around);
    case "inline":
      return inlineRows(rows.keys, source.bucket);
    case "listing":
      return listing(open("source", source), rows.prefix, around);
    case "file":
      throw new UserError(
        "ManifestElsewhere",
        `The manifest ${quote(rows.name)} was a file of the process that began this run before its plan was whole; start it there again.`,
      );
  }
}

async function* manifestObject(
  bucket: Bucket,
  rows: Extract<RowsSource, { kind: "object" }>,
  sourceBucket: string,
  around: Surroundings,
): AsyncGenerator<readonly ManifestEntry[]> {
  const { key, etag, format, keyEncoding } = rows;
  const name = `cos://${bucket.name}/${key}`;
  const body = await getStream(bucket, key, name, around, etag);
  if (format === "cos-inventory" || format === "s3-inventory") {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    yield* readInventory(Buffer.concat(chunks), {
      name,
      sourceBucket,
      open: (part: string) => getStream(bucket, part, `cos://${bucket.name}/${part}`, around),
    });
    return;
  }
  yield* readManifest(body, { name, format, keyEncoding, sourceBucket });
}

/** The manifest that the run's id was made of: where it was replaced since, that is another run. */
async function getStream(
  bucket: Bucket,
  key: string,
  name: string,
  around: Surroundings,
  etag?: string,
): Promise<AsyncIterable<Uint8Array>> {
  try {
    const headers = etag === undefined ? undefined : { "if-match": `"${etag}"` };
    const request = { bufferUpTo: 0, ...(headers === undefined ? undefined : { headers }) };
    const reply = await patiently(() => bucket.get(key, request), around);
    return reply.kind === "stream" ? reply.stream : once(reply.bytes);
  } catch (error) {
    throw manifestTrouble(error, name);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

/** Missing, forbidden and changed are different things to do something about. */
export function manifestTrouble(error: unknown, name: string): unknown {
  // A clock that is wrong, or a token that is renewed, is refused with 403 as well, and may be accepted later.
  if (!isCosError(error) || error.retryable) return error;
  if (error.code === "InvalidObjectState") {
    return new UserError(
      "ManifestFrozen",
      `The manifest ${quote(name)} is stored in an archive class (${error.code}); restore it first.`,
    );
  }
  if (error.status === 404) {
    return new UserError(
      "ManifestMissing",
      `The manifest ${quote(name)} does not exist (${error.code}); check the bucket and the key.`,
    );
  }
  if (error.status === 403) {
    return new UserError(
      "ManifestForbidden",
      `The manifest ${quote(name)} may not be read (${error.code}); the credentials need cos:GetObject and cos:HeadObject on it.`,
    );
  }
  if (error.status === 412) {
    return new UserError(
      "ManifestChanged",
      `The manifest ${quote(name)} was replaced after the run was asked for; ask for it anew.`,
    );
  }
  return error;
}

const INLINE_BATCH = 1000;

/** Inline rows go through the same reader as a JSON manifest, so that they are checked the same way. */
async function* inlineRows(keys: readonly unknown[], sourceBucket: string): AsyncGenerator<readonly ManifestEntry[]> {
  async function* text() {
    yield Buffer.from("[");
    for (let from = 0; from < keys.length; from += INLINE_BATCH) {
      const part = keys.slice(from, from + INLINE_BATCH).map((key) => JSON.stringify(key));
      yield Buffer.from(`${from === 0 ? "" : ","}${part.join(",")}`);
    }
    yield Buffer.from("]");
  }
  yield* readManifest(text(), { name: "keys", format: "json", sourceBucket });
}

async function* listing(
  bucket: Bucket,
  prefix: string,
  around: Surroundings,
): AsyncGenerator<readonly ManifestEntry[]> {
  let marker: string | undefined;
  let line = 0;
  do {
    const after = marker;
    const page = await patiently(() => bucket.list({ prefix, marker: after }), around);
    yield page.objects.map(({ key, size, etag }) => ({
      kind: "row" as const,
      row: { key, size, etag },
      at: { line: ++line },
    }));
    marker = page.nextMarker;
  } while (marker !== undefined);
}
