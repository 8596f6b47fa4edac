/** One archived object, looked at: by a HEAD, or by its bytes. */
import { provenanceOf } from "../../archive/task/archive-headers.ts";
import { pacedBody, type TaskPace } from "../../archive/task/pace.ts";
import type { BodySource, Bucket, ObjectInfo } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { type Retrying, withRetries } from "../../objects/retrying.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import { type ComparedCopy, compareBytes, compareWithLedger, isAsArchived } from "../check/compare-copy.ts";
import { readBytes } from "../check/read-bytes.ts";

export type Archived = Outcome & { readonly archiveKey: string };

/** `replaced`: by a later run, which archived what lies there. `unread`: its bytes are not given out. */
export type Looked =
  | ComparedCopy
  | { readonly kind: "replaced" }
  | { readonly kind: "unread"; readonly message: string };
export type Look = (outcome: Archived) => Promise<Looked>;

/** Was a run of this ledger asked for after the one that is verified? */
export type IsLater = (run: string) => Promise<boolean>;

/** Throws BucketError where the archive can't be asked. */
export function lookByHead(archive: Bucket, isLater: IsLater, retrying: Retrying): Look {
  return (outcome) =>
    unlessMissing(outcome, async () => {
      const there = await withRetries(() => archive.head(outcome.archiveKey), retrying);
      const found = compareWithLedger(outcome, there);
      if (found.kind === "same") return found;
      return (await isOfLater(there, there, isLater)) ? { kind: "replaced" } : found;
    });
}

/** Reads the bytes to their end, no faster than `pace` lets them come. Throws BucketError where the archive can't be asked. */
export function lookDeep(
  archive: Bucket,
  isLater: IsLater,
  retrying: Retrying,
  pace: Pick<TaskPace, "limitsBytes" | "received">,
  onRead: (bytes: number) => void,
): Look {
  const { signal } = retrying;
  const paced = (stream: BodySource) => pacedBody(stream, pace, signal);
  return (outcome) =>
    unlessMissing(outcome, async () => {
      try {
        const read = await withRetries(() => readBytes(archive, outcome.archiveKey, { signal, paced }), retrying);
        onRead(read.size);
        const found = compareBytes(outcome, read);
        if (found.kind === "same") return found;
        const bytes = { etag: read.md5, crc64: read.crc64 };
        return (await isOfLater(read.info, bytes, isLater)) ? { kind: "replaced" } : found;
      } catch (error) {
        if (!isBucketError(error) || error.code !== "InvalidObjectState") throw error;
        return { kind: "unread", message: "it is in an archive class, and is read only once it is restored" };
      }
    });
}

async function unlessMissing({ archiveKey }: Archived, look: () => Promise<Looked>): Promise<Looked> {
  try {
    return await look();
  } catch (error) {
    if (!isBucketError(error)) throw error;
    const message = `there is no object ${JSON.stringify(archiveKey)} in the archive`;
    // Something else lies where it should: of the others that says nothing.
    if (error.code === "FolderObstructed") return { kind: "missing", message: `${message}: ${error.message}` };
    if (error.status !== 404 || error.code === "NoSuchBucket") throw error;
    return { kind: "missing", message };
  }
}

/** @param bytes what is known of them: as the store tells it, or as they were read */
async function isOfLater(
  there: Pick<ObjectInfo, "headers">,
  bytes: Pick<ObjectInfo, "etag" | "crc64">,
  isLater: IsLater,
): Promise<boolean> {
  const by = provenanceOf(there);
  return by !== undefined && isAsArchived(by, bytes) && (await isLater(by.run));
}
