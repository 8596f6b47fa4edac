/** PUT Object (document 436/7749), and what it shares with copies and multipart uploads. */
import { createHash } from "node:crypto";
import { maxKeyBytes } from "../../vocabulary/limits.ts";
import type { Switches } from "../faults/switches.ts";
import { type BucketExchange, type Exchange, emptyReply, header, type Reply } from "../protocol/exchange.ts";
import { describe, madeHeaders } from "../protocol/object-headers.ts";
import { type Received, receiveBytes } from "../protocol/receive-body.ts";
import { refusal } from "../protocol/refusal.ts";
import type { Bucket } from "../store/bucket.ts";
import type { Described, ObjectRecord } from "../store/records.ts";

/** Key rules (document 436/13324) for what is written; refusals KeyTooLong, InvalidObjectName. */
export function checkKey(key: string): void {
  if (key.length * 3 > maxKeyBytes && Buffer.byteLength(key) > maxKeyBytes) throw refusal("KeyTooLong");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these four control characters are what COS does not take
  if (/^[/\\]|[\x18-\x1b]/.test(key)) throw refusal("InvalidObjectName");
}

/** x-cos-forbid-overwrite, which a bucket that ever had versioning ignores. */
export function refuseOverwrite(exchange: BucketExchange): void {
  if (header(exchange, "x-cos-forbid-overwrite")?.toLowerCase() !== "true") return;
  if (exchange.bucket.settings.versioning !== "never") return;
  if (exchange.bucket.find(exchange.address.key)) throw refusal("FileAlreadyExists");
}

/** The version id a new object gets, if any: none in a bucket that never had versioning. */
export function versionFor(bucket: Bucket, newId: () => string): Pick<ObjectRecord, "versionId"> {
  if (bucket.settings.versioning === "never") return {};
  return { versionId: bucket.settings.versioning === "Enabled" ? newId() : "null" };
}

/** The ETag of bytes stored in one piece, without quotes. */
function etagOf(md5: string, described: Described, switches: Switches): string {
  if (described.encryption === undefined || switches.encryptedEtag === "md5") return md5;
  return createHash("md5").update(`encrypted ${md5}`).digest("hex");
}

export function recordOf(
  exchange: Pick<Exchange, "now" | "switches" | "newId">,
  bucket: Bucket,
  key: string,
  described: Described,
  received: Received,
): ObjectRecord {
  return {
    key,
    size: received.size,
    etag: etagOf(received.md5, described, exchange.switches),
    ...(exchange.switches.oldObjectsWithoutCrc64 ? {} : { crc64: received.crc64 }),
    modified: exchange.now,
    body: received.body,
    ...described,
    ...versionFor(bucket, exchange.newId),
  };
}

export async function putObject(exchange: BucketExchange): Promise<Reply> {
  const { bucket, address } = exchange;
  checkKey(address.key);
  const described = describe(exchange);
  refuseOverwrite(exchange);
  const object = await receiveBytes(exchange, bucket.bodies, (received) => {
    refuseOverwrite(exchange);
    const made = recordOf(exchange, bucket, address.key, described, received);
    bucket.put(made);
    return made;
  });
  return emptyReply(200, madeHeaders(object));
}
