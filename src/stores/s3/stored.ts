/** Does the reply to an upload say that the very bytes were stored that were sent? The ETag of a PUT is the MD5, unless it is encrypted by other keys. */
import { tellsObject } from "../../cos/exchange/false-success.ts";
import type { ObjectInfo } from "../../objects/bucket.ts";
import { BucketError } from "../../objects/error.ts";
import { entryOf } from "../../vocabulary/codes/catalogue.ts";

const simple = /^[0-9a-f]{32}$/i;

/**
 * The same where it does, or does not say. Throws BucketError `BareReply`, `StoredOtherBytes`.
 *
 * @param etag hex MD5 of what was sent; of an upload in parts `…-N`
 */
export function storedAsSent<Info extends Pick<ObjectInfo, "status" | "etag" | "crc64" | "requestId" | "headers">>(
  info: Info,
  etag: string,
  what: () => string,
): Info {
  tellsObject(info, what);
  if (info.etag === undefined || info.headers["x-cos-server-side-encryption"] !== undefined) return info;
  const comparable = etag.includes("-") ? info.etag.includes("-") : simple.test(info.etag);
  if (!comparable || info.etag.toLowerCase() === etag) return info;
  const { status, requestId } = info;
  throw new BucketError(
    `${what()}: status ${status}, but its ETag ${info.etag} is of other bytes than were sent, whose is ${etag}; ${entryOf("StoredOtherBytes")?.advice}`,
    { code: "StoredOtherBytes", status, requestId, retryable: true, throttled: false },
  );
}
