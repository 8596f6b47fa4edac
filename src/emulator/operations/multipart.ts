/** Multipart uploads (documents 436/7746 to 436/7750, 436/7736, 436/7747): create, parts, abort, lists. */

import { maxParts } from "../../vocabulary/limits.ts";
import { type BucketExchange, emptyReply, header, parameter, type Reply, xmlReply } from "../protocol/exchange.ts";
import { describe } from "../protocol/object-headers.ts";
import { parseRange } from "../protocol/range.ts";
import { type Received, receiveBytes, storeBytes } from "../protocol/receive-body.ts";
import { refusal } from "../protocol/refusal.ts";
import { escapeXml, xmlHead } from "../protocol/reply-xml.ts";
import { clip } from "../store/bodies.ts";
import type { OpenUpload } from "../store/bucket.ts";
import type { Part } from "../store/records.ts";
import { copySource } from "./copy-object.ts";
import { pageLength } from "./list-objects.ts";
import { checkKey } from "./put-object.ts";

const MAX_COPIED_PART_BYTES = 256 * 1024 * 1024;

/** The open upload that the request names, of its key; a refusal NoSuchUpload. */
export function openUpload(exchange: BucketExchange): OpenUpload {
  const open = exchange.bucket.upload(parameter(exchange, "uploadId") ?? "");
  if (!open || open.upload.key !== exchange.address.key) throw refusal("NoSuchUpload");
  return open;
}

export function createUpload(exchange: BucketExchange): Reply {
  const { bucket, address } = exchange;
  checkKey(address.key);
  const uploadId = exchange.newId();
  bucket.begin({ uploadId, key: address.key, started: exchange.now, ...describe(exchange) });
  return xmlReply(
    `${xmlHead}<InitiateMultipartUploadResult><Bucket>${bucket.name}</Bucket><Key>${escapeXml(address.key)}</Key>` +
      `<UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>`,
  );
}

function partNumberOf(exchange: BucketExchange): number {
  const text = parameter(exchange, "partNumber") ?? "";
  const partNumber = Number(text);
  if (!/^\d{1,5}$/.test(text) || partNumber < 1 || partNumber > maxParts) {
    throw refusal("InvalidArgument", { message: "partNumber must be a number from 1 to 10000." });
  }
  return partNumber;
}

function keepPart(exchange: BucketExchange, received: Received): Part {
  const part: Part = {
    partNumber: partNumberOf(exchange),
    body: received.body,
    size: received.size,
    etag: received.md5,
    ...(exchange.switches.oldObjectsWithoutCrc64 ? {} : { crc64: received.crc64 }),
    modified: exchange.now,
  };
  // It may have been completed or aborted while the part came in.
  const { upload } = openUpload(exchange);
  exchange.bucket.keepPart(upload.uploadId, part);
  return part;
}

export async function uploadPart(exchange: BucketExchange): Promise<Reply> {
  partNumberOf(exchange);
  openUpload(exchange);
  const part = await receiveBytes(exchange, exchange.bucket.bodies, (received) => keepPart(exchange, received));
  return emptyReply(200, {
    ETag: `"${part.etag}"`,
    ...(part.crc64 === undefined ? {} : { "x-cos-hash-crc64ecma": part.crc64 }),
  });
}

/** Upload Part - Copy (document 436/8287); a part of at most 256 MiB here, since it is read into memory. */
export function copyPart(exchange: BucketExchange): Reply {
  partNumberOf(exchange);
  openUpload(exchange);
  const { bodies } = exchange.bucket;
  const object = copySource(exchange);
  const range = parseRange(header(exchange, "x-cos-copy-source-range"), object.size);
  if (range.kind === "unsatisfiable") throw refusal("InvalidRange");
  const [start, length] = range.kind === "part" ? [range.start, range.length] : [0, object.size];
  if (length > MAX_COPIED_PART_BYTES) {
    throw refusal("NotImplemented", { message: "This emulator copies parts of at most 256 MiB." });
  }
  const received = storeBytes(bodies, bodies.read(clip(object.body, start, length)));
  try {
    const part = keepPart(exchange, received);
    return xmlReply(
      `${xmlHead}<CopyPartResult><ETag>&quot;${part.etag}&quot;</ETag>` +
        `<LastModified>${new Date(part.modified).toISOString()}</LastModified></CopyPartResult>`,
    );
  } finally {
    bodies.release(received.body);
  }
}

export function abortUpload(exchange: BucketExchange): Reply {
  const { upload } = openUpload(exchange);
  exchange.bucket.abort(upload.uploadId);
  return emptyReply(204);
}

export function listParts(exchange: BucketExchange): Reply {
  const { upload, parts } = openUpload(exchange);
  const atMost = pageLength(parameter(exchange, "max-parts"));
  const marker = Number(parameter(exchange, "part-number-marker") || 0);
  const after = [...parts.values()]
    .filter((part) => part.partNumber > marker)
    .sort((a, b) => a.partNumber - b.partNumber);
  const shown = after.slice(0, atMost);
  const truncated = shown.length < after.length;
  const isUrl = parameter(exchange, "encoding-type") === "url";
  let text =
    `${xmlHead}<ListPartsResult><Bucket>${exchange.bucket.name}</Bucket>${isUrl ? "<EncodingType>url</EncodingType>" : ""}` +
    `<Key>${isUrl ? encodeURIComponent(upload.key) : escapeXml(upload.key)}</Key><UploadId>${upload.uploadId}</UploadId>` +
    `<PartNumberMarker>${marker}</PartNumberMarker>` +
    (truncated ? `<NextPartNumberMarker>${shown.at(-1)?.partNumber ?? marker}</NextPartNumberMarker>` : "") +
    `<MaxParts>${atMost}</MaxParts><IsTruncated>${truncated}</IsTruncated>` +
    `<StorageClass>${upload.storageClass ?? "STANDARD"}</StorageClass>`;
  for (const part of shown) {
    text +=
      `<Part><PartNumber>${part.partNumber}</PartNumber><LastModified>${new Date(part.modified).toISOString()}` +
      `</LastModified><ETag>&quot;${part.etag}&quot;</ETag><Size>${part.size}</Size></Part>`;
  }
  return xmlReply(`${text}</ListPartsResult>`);
}

/** The first 1,000 open uploads that begin with the prefix; what is beyond is not paged. */
export function listUploads(exchange: BucketExchange): Reply {
  const prefix = parameter(exchange, "prefix") ?? "";
  const isUrl = parameter(exchange, "encoding-type") === "url";
  const open = [...exchange.bucket.uploads()].filter((upload) => upload.key.startsWith(prefix));
  let text =
    `${xmlHead}<ListMultipartUploadsResult><Bucket>${exchange.bucket.name}</Bucket>` +
    `${isUrl ? "<EncodingType>url</EncodingType>" : ""}<Prefix>${isUrl ? encodeURIComponent(prefix) : escapeXml(prefix)}</Prefix>` +
    `<MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>`;
  for (const upload of open.slice(0, 1000)) {
    text +=
      `<Upload><Key>${isUrl ? encodeURIComponent(upload.key) : escapeXml(upload.key)}</Key>` +
      `<UploadId>${upload.uploadId}</UploadId><StorageClass>${upload.storageClass ?? "STANDARD"}</StorageClass>` +
      `<Initiated>${new Date(upload.started).toISOString()}</Initiated></Upload>`;
  }
  return xmlReply(`${text}</ListMultipartUploadsResult>`);
}
