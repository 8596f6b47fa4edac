/** DELETE Object (document 436/7743) and DELETE Multiple Objects (436/8289). */

import { type BucketExchange, emptyReply, parameter, type Reply, xmlReply } from "../protocol/exchange.ts";
import { receiveDocument } from "../protocol/receive-body.ts";
import { refusal } from "../protocol/refusal.ts";
import { escapeXml, xmlHead } from "../protocol/reply-xml.ts";
import { children, parseXml, textOf } from "../protocol/request-xml.ts";

const MAX_KEYS = 1000;

interface Deleted {
  readonly versionId?: string;
  readonly marker: boolean;
}

/** Deleting what is not there succeeds. */
function deleteOne(exchange: BucketExchange, key: string, versionId: string | undefined): Deleted {
  const { bucket } = exchange;
  if (versionId !== undefined && versionId !== "") {
    const found = bucket.findVersion(key, versionId);
    if (found === undefined) return { versionId, marker: false };
    bucket.commit({ op: "erase", key, versionId });
    return { versionId, marker: found === "marker" };
  }
  if (bucket.settings.versioning === "never") {
    if (bucket.find(key)) bucket.commit({ op: "delete", key });
    return { marker: false };
  }
  const id = bucket.settings.versioning === "Enabled" ? exchange.newId() : "null";
  bucket.commit({ op: "marker", marker: { key, versionId: id, modified: exchange.now } });
  return { versionId: id, marker: true };
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
  if (entries.length === 0 || entries.length > MAX_KEYS) throw refusal("MalformedXML");
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
