/** Complete Multipart Upload (document 436/7742). The parts' bytes become the object's: none is read or moved. */
import { createHash } from "node:crypto";
import { crc64Combine } from "../../checksum/crc64-combine.ts";
import { type BucketExchange, type Reply, xmlReply } from "../protocol/exchange.ts";
import { madeHeaders } from "../protocol/object-headers.ts";
import { receiveDocument } from "../protocol/receive-body.ts";
import { refusal } from "../protocol/refusal.ts";
import { escapeXml, xmlHead } from "../protocol/reply-xml.ts";
import { children, parseXml, textOf } from "../protocol/request-xml.ts";
import type { ObjectRecord, Part } from "../store/records.ts";
import type { Table } from "../store/store.ts";
import { openUpload } from "./multipart.ts";
import { refuseOverwrite, versionFor } from "./put-object.ts";

const MIN_PART_BYTES = 1024 * 1024;

/** The parts that the document names, in its order; refusals MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall. */
function chosenParts(document: Buffer, parts: Table<Part>): readonly Part[] {
  const entries = children(parseXml(document, "CompleteMultipartUpload"), "Part");
  if (entries.length === 0) throw refusal("MalformedXML");
  let before = 0;
  const chosen = entries.map((entry) => {
    const partNumber = Number(textOf(entry, "PartNumber"));
    const etag = textOf(entry, "ETag").trim().replaceAll('"', "");
    if (!Number.isSafeInteger(partNumber)) throw refusal("MalformedXML");
    if (partNumber <= before) throw refusal("InvalidPartOrder");
    before = partNumber;
    const part = parts.get(String(partNumber));
    if (!part || part.etag !== etag.toLowerCase()) throw refusal("InvalidPart");
    return part;
  });
  if (chosen.slice(0, -1).some((part) => part.size < MIN_PART_BYTES)) throw refusal("EntityTooSmall");
  return chosen;
}

/** The MD5 of the parts' MD5s, and their number. */
export function multipartEtag(etags: readonly string[]): string {
  const digest = createHash("md5");
  for (const etag of etags) digest.update(Buffer.from(etag, "hex"));
  return `${digest.digest("hex")}-${etags.length}`;
}

/** Known only where every part has one. */
function combinedCrc64(parts: readonly Part[]): string | undefined {
  let combined = "0";
  for (const part of parts) {
    if (part.crc64 === undefined) return undefined;
    combined = crc64Combine(combined, part.crc64, part.size);
  }
  return combined;
}

export async function completeUpload(exchange: BucketExchange): Promise<Reply> {
  const { bucket, address } = exchange;
  openUpload(exchange);
  const document = await receiveDocument(exchange);
  if (document.length === 0) throw refusal("MissingRequestBodyError");
  const { upload, parts } = openUpload(exchange);
  const chosen = chosenParts(document, parts);
  refuseOverwrite(exchange);

  const crc64 = combinedCrc64(chosen);
  const { uploadId, key: _key, started: _started, ...described } = upload;
  const object: ObjectRecord = {
    key: address.key,
    size: chosen.reduce((sum, part) => sum + part.size, 0),
    etag: multipartEtag(chosen.map((part) => part.etag)),
    ...(crc64 === undefined ? {} : { crc64 }),
    modified: exchange.now,
    body: chosen.flatMap((part) => part.body),
    ...described,
    ...versionFor(bucket, exchange.newId),
  };
  bucket.put(object, uploadId);
  const { ETag: _etag, "x-cos-hash-crc64ecma": _crc64, ...headers } = madeHeaders(object);
  return xmlReply(
    `${xmlHead}<CompleteMultipartUploadResult><Location>http://${escapeXml(address.host)}/${escapeXml(address.key)}</Location>` +
      `<Bucket>${bucket.name}</Bucket><Key>${escapeXml(address.key)}</Key><ETag>&quot;${object.etag}&quot;</ETag>` +
      `${crc64 === undefined ? "" : `<CRC64>${crc64}</CRC64>`}</CompleteMultipartUploadResult>`,
    headers,
  );
}
