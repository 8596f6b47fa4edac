/**
 * Successes that are none. The service names each request that it answers (document 436/7730): a 200 without that name is a
 * gateway's, a proxy's or a sign-in page's. Of what it stored or holds it tells ETag or CRC64 (documents 436/7749 and 436/7745): a
 * reply that tells neither says nothing of the object. And Smart Compression sends smaller bytes than the object's under its ETag.
 */
import type { HttpReply } from "../../http/port/http.ts";
import type { Headers, ObjectInfo } from "../../objects/bucket.ts";
import { BucketError } from "../../objects/error.ts";
import { type Code, entryOf } from "../../vocabulary/codes/catalogue.ts";
import { quote } from "../../vocabulary/errors.ts";
import { isSlimmed, requestIdOf } from "./object-info.ts";

/** Statuses from which, without a word of the service, something would be concluded about an object or a bucket. */
const concludedFrom: ReadonlySet<number> = new Set([304, 404, 409, 412]);

/** Did somebody else answer in the service's place? @param documented the body is an error document */
export function isForeign(status: number, headers: Headers, documented: boolean): boolean {
  if (documented || (status >= 300 && !concludedFrom.has(status))) return false;
  return requestIdOf(headers) === undefined;
}

/** @param what the subject of the message: `GET "a.jpg" of photos-1250000000` */
export function notTheService(what: string, status: number, headers: Headers): BucketError {
  const told = [
    ["Server", headers.server],
    ["Content-Type", headers["content-type"]],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${quote(value)}`]));
  const by = told.length === 0 ? "" : ` (${told.join(", ")})`;
  return falseSuccess("NotTheService", `${what}: status ${status} without x-cos-request-id${by}`, { status });
}

/** The same reply where it tells what the object is. @throws BucketError `BareReply` */
export function tellsObject<Info extends Pick<ObjectInfo, "status" | "etag" | "crc64" | "requestId">>(
  info: Info,
  what: () => string,
): Info {
  if (info.etag !== undefined || info.crc64 !== undefined) return info;
  throw falseSuccess("BareReply", `${what()}: status ${info.status} with neither ETag nor x-cos-hash-crc64ecma`, info);
}

/** The same reply where it brings the object's own bytes. @throws BucketError `SlimmedReply` */
export function bringsOwnBytes<Info extends Pick<ObjectInfo, "status" | "headers" | "requestId">>(
  info: Info,
  what: () => string,
): Info {
  if (!isSlimmed(info.headers)) return info;
  const flag = info.headers["x-slimflag"];
  throw falseSuccess("SlimmedReply", `${what()}: status ${info.status} with X-SlimFlag ${quote(flag)}`, info);
}

/** Of a reply that is not read, the body is let go, or its connection or its memory would be lost. */
export function letGo(reply: HttpReply): void {
  if (reply.kind === "stream") reply.stream.destroy();
  else reply.lease?.release();
}

function falseSuccess(
  code: Code,
  happened: string,
  { status, requestId }: Pick<ObjectInfo, "status" | "requestId">,
): BucketError {
  const { advice, effect } = entryOf(code) ?? {};
  const message = advice === undefined ? happened : `${happened}; ${advice}`;
  return new BucketError(message, { code, status, requestId, retryable: effect === "retried", throttled: false });
}
