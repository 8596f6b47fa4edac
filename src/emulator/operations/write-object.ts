/** PUT Object (document 436/7749), PUT Object - Copy (436/10881), and what both share with multipart uploads. */
import { createHash } from "node:crypto";
import type { Switches } from "../faults/switches.ts";
import { parseAddress } from "../protocol/address.ts";
import { judge, readConditions } from "../protocol/conditions.ts";
import { type BucketExchange, type Exchange, emptyReply, header, type Reply, xmlReply } from "../protocol/exchange.ts";
import { type Described, describe, isArchived, madeHeaders } from "../protocol/object-headers.ts";
import { maxObjectBytes, type Received, receiveBytes } from "../protocol/receive-body.ts";
import { refusal } from "../protocol/refusal.ts";
import { escapeXml, xmlHead } from "../protocol/reply-xml.ts";
import type { Extent } from "../store/blobs.ts";
import { placeOf } from "../store/bucket-fold.ts";
import type { BucketStore } from "../store/bucket-store.ts";
import type { BodyPlace, JournalLine, ObjectRecord } from "../store/record.ts";
import { isProtected } from "./protection.ts";

const MAX_KEY_BYTES = 850;

/** Key rules (document 436/13324) for what is written; refusals KeyTooLong, InvalidObjectName. */
export function checkKey(key: string): void {
  if (key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(key) > MAX_KEY_BYTES) throw refusal("KeyTooLong");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these four control characters are what COS does not take
  if (/^[/\\]|[\x18-\x1b]/.test(key)) throw refusal("InvalidObjectName");
}

/** x-cos-forbid-overwrite, which a bucket that ever had versioning ignores. */
export function refuseOverwrite(exchange: BucketExchange): void {
  if (header(exchange, "x-cos-forbid-overwrite")?.toLowerCase() !== "true") return;
  if (exchange.bucket.settings.versioning !== "never") return;
  if (exchange.bucket.find(exchange.address.key)) throw refusal("FileAlreadyExists");
}

/** The version id a new object gets; undefined in a bucket that never had versioning. */
export function versionFor(bucket: BucketStore, newId: () => string): string | undefined {
  if (bucket.settings.versioning === "never") return undefined;
  return bucket.settings.versioning === "Enabled" ? newId() : "null";
}

/** The ETag of bytes stored in one piece, without quotes. */
function etagOf(md5: string, described: Described, switches: Switches): string {
  if (described.encryption === undefined || switches.encryptedEtag === "md5") return md5;
  return createHash("md5").update(`encrypted ${md5}`).digest("hex");
}

export function recordOf(
  exchange: Pick<Exchange, "now" | "switches" | "newId">,
  bucket: BucketStore,
  key: string,
  described: Described,
  received: Received,
): ObjectRecord {
  const versionId = versionFor(bucket, exchange.newId);
  return {
    key,
    size: received.size,
    etag: etagOf(received.md5, described, exchange.switches),
    ...(exchange.switches.oldObjectsWithoutCrc64 ? {} : { crc64: received.crc64 }),
    modified: exchange.now,
    body: placeOf(received.run),
    ...described,
    ...(versionId === undefined ? {} : { versionId }),
  };
}

/** Commits the line, or gives its bytes up. */
export function commitOrDiscard(bucket: BucketStore, line: JournalLine, discard: () => void): void {
  try {
    bucket.commit(line);
  } catch (error) {
    discard();
    throw error;
  }
}

export async function putObject(exchange: BucketExchange): Promise<Reply> {
  const { bucket, address } = exchange;
  checkKey(address.key);
  const described = describe(exchange);
  refuseOverwrite(exchange);
  const received = await receiveBytes(exchange, bucket.blobs);
  try {
    refuseOverwrite(exchange);
  } catch (error) {
    received.discard();
    throw error;
  }
  const object = recordOf(exchange, bucket, address.key, described, received);
  commitOrDiscard(bucket, { op: "put", object }, received.discard);
  return emptyReply(200, madeHeaders(object));
}

export interface CopySource {
  readonly bucket: BucketStore;
  readonly object: ObjectRecord;
}

/** x-cos-copy-source: `<host>/<url-encoded key>[?versionId=…]`, its conditions judged; refusals of many kinds. */
export function copySource(exchange: Exchange): CopySource {
  const text = header(exchange, "x-cos-copy-source") ?? "";
  const address = parseAddress(`http://${text.replace(/^\/+|^https?:\/\//, "")}`, "", false);
  if (address.bucket === undefined || address.key === "") throw refusal("InvalidCopySource");
  const bucket = exchange.store.bucket(address.bucket);
  if (!bucket) throw refusal("NoSuchCopySource");
  const versionId = address.query.find(([name]) => name === "versionId")?.[1];
  const object = versionId === undefined ? bucket.find(address.key) : bucket.findVersion(address.key, versionId);
  if (object === undefined || object === "marker") throw refusal("NoSuchCopySource");
  const covered = isProtected(bucket.settings.protect, address.key, exchange.switches.suffixCaseSensitive);
  if (covered && exchange.switches.copyOfProtected === "refuse") {
    throw refusal("AccessDenied", { headers: { "X-ErrNo": "-154" } });
  }
  if (isArchived(object)) throw refusal("InvalidObjectState");
  const conditions = readConditions((name) => header(exchange, name), "x-cos-copy-source-");
  if (judge(conditions, object.etag, object.modified) !== "go-on") throw refusal("PreconditionFailed");
  return { bucket, object };
}

export function copyObject(exchange: BucketExchange): Reply {
  const { bucket, address } = exchange;
  checkKey(address.key);
  refuseOverwrite(exchange);
  const source = copySource(exchange);
  if (source.object.size > maxObjectBytes) throw refusal("EntityTooLarge");
  const replaced = header(exchange, "x-cos-metadata-directive")?.toLowerCase() === "replaced";
  const asked = describe(exchange);
  const described: Described = replaced ? asked : { ...asked, headers: source.object.headers };
  const versionId = versionFor(bucket, exchange.newId);
  const { body, discard } = duplicateBody(source, bucket);
  const object: ObjectRecord = {
    key: address.key,
    size: source.object.size,
    etag: source.object.etag,
    ...(source.object.crc64 === undefined ? {} : { crc64: source.object.crc64 }),
    modified: exchange.now,
    body,
    ...described,
    ...(versionId === undefined ? {} : { versionId }),
  };
  commitOrDiscard(bucket, { op: "put", object }, discard);
  const { ETag: _, ...headers } = madeHeaders(object);
  const crc64 = object.crc64 === undefined ? "" : `<CRC64>${object.crc64}</CRC64>`;
  const version = object.versionId === undefined ? "" : `<VersionId>${escapeXml(object.versionId)}</VersionId>`;
  return xmlReply(
    `${xmlHead}<CopyObjectResult><ETag>&quot;${object.etag}&quot;</ETag>${crc64}` +
      `<LastModified>${new Date(object.modified).toISOString()}</LastModified>${version}</CopyObjectResult>`,
    headers,
  );
}

/** The source's bytes once more, in the target bucket. */
function duplicateBody(source: CopySource, target: BucketStore): { body: BodyPlace; discard: () => void } {
  const runs = source.bucket.extents(source.object).map((run) => target.blobs.adopt(source.bucket.blobs, run));
  const body = bodyOf(target, runs);
  return { body, discard: () => target.blobs.drop(body.kind === "chain" ? [body.list, ...runs] : runs) };
}

/** Runs, one after the other, as one body. */
export function bodyOf(bucket: BucketStore, runs: readonly Extent[]): BodyPlace {
  if (runs.length <= 1) return placeOf(runs[0] ?? null);
  return { kind: "chain", list: bucket.blobs.write(Buffer.from(JSON.stringify(runs))) };
}
