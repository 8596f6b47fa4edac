/** Does the reply to an upload say that the very bytes were stored that were sent? The ETag of a PUT is the MD5, unless it is encrypted by other keys. */
import { tellsObject } from "../../cos/exchange/false-success.ts";
import type { ObjectInfo } from "../../objects/bucket.ts";
import { BucketError } from "../../objects/error.ts";
import { entryOf } from "../../vocabulary/codes/catalogue.ts";

const simple = /^[0-9a-f]{32}$/i;

/** By other keys than the service's own (headers.ts): then an ETag is no MD5. */
export const isEncrypted = ({ headers }: Pick<ObjectInfo, "headers">): boolean =>
  headers["x-cos-server-side-encryption"] !== undefined;

/**
 * The same where it does, or does not say. Throws BucketError `BareReply`, `StoredOtherBytes`.
 *
 * @param md5 hex, of what was sent
 */
export function storedAsSent<Info extends Pick<ObjectInfo, "status" | "etag" | "crc64" | "requestId" | "headers">>(
  info: Info,
  md5: string,
  what: () => string,
): Info {
  tellsObject(info, what);
  if (info.etag === undefined || isEncrypted(info)) return info;
  if (!simple.test(info.etag) || info.etag.toLowerCase() === md5) return info;
  const { status, requestId } = info;
  throw new BucketError(
    `${what()}: status ${status}, but its ETag ${info.etag} is of other bytes than were sent, whose MD5 is ${md5}; ${entryOf("StoredOtherBytes")?.advice}`,
    { code: "StoredOtherBytes", status, requestId, retryable: true, throttled: false },
  );
}
