/** What a manifest message asks: the request of a run. */
import type { RowsSource, RunRequest, StoredRows } from "../../ledger/plan/request.ts";
import { runOptionsSchema } from "../../ledger/plan/run-options.ts";
import { detectFormat } from "../../manifest/format.ts";
import { withRetries } from "../../objects/retrying.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import type { ManifestMessage } from "../messages/messages.ts";
import { headOf, needsHead } from "../plan/manifest-head.ts";
import { digestOf, newRequest, scheduledRunId } from "../plan/new-request.ts";
import { manifestTrouble } from "../plan/rows.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

/** Errors: UserError (a manifest that is not there, may not be read, or whose format nobody tells), BucketError. */
export async function requestOfMessage(message: ManifestMessage, surroundings: Surroundings): Promise<RunRequest> {
  const { except } = message;
  const description = {
    source: message.source,
    archive: message.archive,
    rows: await rowsSourceOf(message, surroundings),
    ...(except === undefined ? undefined : { except: await storedRowsOf(except, "except", surroundings) }),
    options: runOptionsSchema.parse(message.options ?? {}),
  };
  const { run, scheduledAt } = message;
  const named = run ?? (scheduledAt === undefined ? undefined : scheduledRunId(scheduledAt, description));
  return newRequest(description, named, surroundings);
}

async function rowsSourceOf(
  { manifest, keys, prefix, source }: ManifestMessage,
  surroundings: Surroundings,
): Promise<RowsSource> {
  if (keys !== undefined) return { kind: "inline", digest: digestOf(keys), keys };
  if (prefix !== undefined) return { kind: "listing", prefix: listedPrefix(prefix, source.prefix) };
  if (manifest === undefined) throw new Error("the schema lets no message pass without rows");
  return storedRowsOf(manifest, "manifest", surroundings);
}

/** @param field of the message */
async function storedRowsOf(
  manifest: NonNullable<ManifestMessage["manifest"]>,
  field: "manifest" | "except",
  surroundings: Surroundings,
): Promise<StoredRows> {
  const { bucket, region, key, keyEncoding } = manifest;
  const name = `cos://${bucket}/${key}`;
  let format = manifest.format ?? detectFormat(key);
  if (format === undefined) {
    throw new UserError(
      "UnknownFormat",
      `The manifest ${quote(name)} has no format that its name tells; say it in ${field}.format.`,
    );
  }
  const opened = surroundings.open("manifest", manifest);
  let etag: string | undefined;
  try {
    etag = (await withRetries(() => opened.head(key), surroundings)).etag;
    if (manifest.format === undefined && needsHead(key)) {
      format = detectFormat(key, await headOf(opened, key, surroundings)) ?? format;
    }
  } catch (error) {
    throw manifestTrouble(error, name);
  }
  if (etag === undefined) {
    throw new UserError(
      "ManifestUnversioned",
      `The manifest ${quote(name)} has no ETag, which names the run; copy it anew.`,
    );
  }
  return {
    kind: "object",
    bucket,
    region,
    key,
    etag,
    format,
    ...(keyEncoding === undefined ? undefined : { keyEncoding }),
  };
}

/** Both are the beginning of whole keys, and only keys that begin with both are listed. */
function listedPrefix(listed: string, allowed: string): string {
  if (listed.startsWith(allowed)) return listed;
  if (allowed.startsWith(listed)) return allowed;
  throw new UserError(
    "InvalidMessage",
    `The manifest message lists ${quote(listed)}, but no key that begins so lies below the source prefix ${quote(allowed)}; say the whole beginning of the keys.`,
  );
}
