/** DELETE Object (document 436/7743) and DELETE Multiple Objects (436/8289). */
import { keysPerPage } from "../../vocabulary/limits.ts";

import {
  type BucketExchange,
  type Exchange,
  emptyReply,
  parameter,
  type Reply,
  xmlReply,
} from "../protocol/exchange.ts";
import { receiveDocument } from "../protocol/receive-body.ts";
import { refusal } from "../protocol/refusal.ts";
import { escapeXml, xmlHead } from "../protocol/reply-xml.ts";
import { children, parseXml, textOf } from "../protocol/request-xml.ts";
import { type Bucket, isObject } from "../store/bucket.ts";

interface Deleted {
  readonly versionId?: string;
  readonly marker: boolean;
}

/** Deletes the current object of a key: for good, or by a marker in a bucket that has, or had, versioning. */
export function deleteKey({ now, newId }: Pick<Exchange, "now" | "newId">, bucket: Bucket, key: string): Deleted {
  if (bucket.settings.versioning === "never") {
    if (bucket.find(key)) bucket.erase(key, "null");
    return { marker: false };
  }
  const versionId = bucket.settings.versioning === "Enabled" ? newId() : "null";
  bucket.put({ isMarker: true, key, versionId, modified: now });
  return { versionId, marker: true };
}

/** Deleting what is not there succeeds. */
function deleteOne(exchange: BucketExchange, key: string, versionId: string | undefined): Deleted {
  const { bucket } = exchange;
  if (versionId === undefined || versionId === "") return deleteKey(exchange, bucket, key);
  const found = bucket.findVersion(key, versionId);
  if (found) bucket.erase(key, versionId);
  return { versionId, marker: found !== undefined && !isObject(found) };
}

export function deleteObject(exchange: BucketExchange): Reply {
  const deleted = deleteOne(exchange, exchange.address.key, parameter(exchange, "versionId"));
  return emptyReply(204, {
    ...(deleted.versionId === undefined ? {} : { "x-cos-version-id": deleted.versionId }),
    ...(deleted.marker ? { "x-cos-delete-marker": "true" } : {}),
  });
}

export async function deleteObjects(exchange: BucketExchange): Promise<Reply> {
  const document = parseXml(await receiveDocument(exchange), "Delete");
  const entries = children(document, "Object");
  if (entries.length === 0 || entries.length > keysPerPage) throw refusal("MalformedXML");
  const quiet = document.Quiet === "true";
  const wanted = entries.map((entry) => {
    const versioned = typeof entry === "object" && "VersionId" in entry;
    return { key: textOf(entry, "Key"), versionId: versioned ? textOf(entry, "VersionId") : undefined };
  });
  let text = `${xmlHead}<DeleteResult>`;
  for (const { key, versionId } of wanted) {
    const deleted = deleteOne(exchange, key, versionId);
    if (quiet) continue;
    text += `<Deleted><Key>${escapeXml(key)}</Key>`;
    if (deleted.marker) text += "<DeleteMarker>true</DeleteMarker>";
    if (deleted.versionId !== undefined) text += `<VersionId>${escapeXml(deleted.versionId)}</VersionId>`;
    text += "</Deleted>";
  }
  return xmlReply(`${text}</DeleteResult>`);
}
