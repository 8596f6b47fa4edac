/** PUT Object - Copy (document 436/10881), and the source of a copy. */
import { putLimit } from "../../vocabulary/limits.ts";
import { parseAddress } from "../protocol/address.ts";
import { judge, readConditions } from "../protocol/conditions.ts";
import { type BucketExchange, type Exchange, header, type Reply, xmlReply } from "../protocol/exchange.ts";
import { describe, isArchived, madeHeaders } from "../protocol/object-headers.ts";
import { refusal } from "../protocol/refusal.ts";
import { escapeXml, xmlHead } from "../protocol/reply-xml.ts";
import { findBucket, isObject } from "../store/bucket.ts";
import type { Described, ObjectRecord } from "../store/records.ts";
import { isProtected, protectedRefusal } from "./protection.ts";
import { checkKey, refuseOverwrite, versionFor } from "./put-object.ts";

/** x-cos-copy-source: `<host>/<url-encoded key>[?versionId=…]`, its conditions judged; refusals of many kinds. */
export function copySource(exchange: Exchange): ObjectRecord {
  const text = header(exchange, "x-cos-copy-source") ?? "";
  const address = parseAddress(`http://${text.replace(/^\/+|^https?:\/\//, "")}`, "", false);
  if (address.bucket === undefined || address.key === "") throw refusal("InvalidCopySource");
  const bucket = findBucket(exchange.store, address.bucket);
  if (!bucket) throw refusal("NoSuchCopySource");
  const versionId = address.query.find(([name]) => name === "versionId")?.[1];
  const object = versionId === undefined ? bucket.find(address.key) : bucket.findVersion(address.key, versionId);
  if (!isObject(object)) throw refusal("NoSuchCopySource");
  const covered = isProtected(bucket.settings.protect, address.key, exchange.switches.suffixCaseSensitive);
  if (covered && exchange.switches.copyOfProtected === "refuse") {
    throw protectedRefusal(exchange.switches);
  }
  if (isArchived(object, exchange.now)) throw refusal("InvalidObjectState");
  const conditions = readConditions((name) => header(exchange, name), "x-cos-copy-source-");
  if (judge(conditions, object.etag, object.modified) !== "go-on") throw refusal("PreconditionFailed");
  return object;
}

export function copyObject(exchange: BucketExchange): Reply {
  const { bucket, address } = exchange;
  checkKey(address.key);
  refuseOverwrite(exchange);
  const source = copySource(exchange);
  if (source.size > putLimit) throw refusal("EntityTooLarge");
  const replaced = header(exchange, "x-cos-metadata-directive")?.toLowerCase() === "replaced";
  const asked = describe(exchange);
  const described: Described = replaced ? asked : { ...asked, headers: source.headers };
  const object: ObjectRecord = {
    key: address.key,
    size: source.size,
    etag: source.etag,
    ...(source.crc64 === undefined ? {} : { crc64: source.crc64 }),
    modified: exchange.now,
    body: source.body,
    ...described,
    ...versionFor(bucket, exchange.newId),
  };
  bucket.put(object);
  const { ETag: _, ...headers } = madeHeaders(object);
  const crc64 = object.crc64 === undefined ? "" : `<CRC64>${object.crc64}</CRC64>`;
  const version = object.versionId === undefined ? "" : `<VersionId>${escapeXml(object.versionId)}</VersionId>`;
  return xmlReply(
    `${xmlHead}<CopyObjectResult><ETag>&quot;${object.etag}&quot;</ETag>${crc64}` +
      `<LastModified>${new Date(object.modified).toISOString()}</LastModified>${version}</CopyObjectResult>`,
    headers,
  );
}
