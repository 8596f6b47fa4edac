/** GET Object (document 436/7753), HEAD Object (436/7745), and Retrieve Original Image (1045/73029). */

import { standInPicture } from "../faults/stand-in-picture.ts";
import type { Switches } from "../faults/switches.ts";
import { judge, readConditions } from "../protocol/conditions.ts";
import {
  type BucketExchange,
  bytesReply,
  emptyReply,
  header,
  nothing,
  parameter,
  type Reply,
} from "../protocol/exchange.ts";
import type { ObjectHeaderChoice } from "../protocol/object-headers.ts";
import { isArchived, objectHeaders, responseOverrides } from "../protocol/object-headers.ts";
import { parseRange } from "../protocol/range.ts";
import { refusal } from "../protocol/refusal.ts";
import { clip } from "../store/bodies.ts";
import { isObject } from "../store/bucket.ts";
import type { ObjectRecord } from "../store/records.ts";
import { slimOf } from "./image-slim.ts";
import {
  imageRefusal,
  isImage,
  isProtected,
  judgeGet,
  protectedRefusal,
  styleReadings,
  type UrlForm,
} from "./protection.ts";

const EVERYTHING: ObjectHeaderChoice = { etag: true, crc64: true, meta: true, lastModified: true };

/** How an object is served: what its headers say, and which parts of the request are heeded. */
interface Manner {
  readonly choice: ObjectHeaderChoice;
  readonly range: boolean;
  readonly conditions: boolean;
  readonly contentLength: boolean;
}

const plainManner: Manner = { choice: EVERYTHING, range: true, conditions: true, contentLength: true };

function originalManner(switches: Switches): Manner {
  return {
    choice: {
      etag: switches.originImageSendsEtag,
      crc64: switches.originImageSendsCrc64,
      meta: switches.originImageSendsMeta,
      lastModified: switches.originImageSendsLastModified,
    },
    range: switches.originImageHonoursRange,
    conditions: switches.originImageHonoursConditions,
    contentLength: switches.originImageSendsContentLength,
  };
}

/** May this request read objects (or list them) at all? */
export function mayRead(exchange: BucketExchange, object?: ObjectRecord): boolean {
  return (
    exchange.identity.kind === "signed" || exchange.bucket.settings.acl === "public-read" || object?.publicRead === true
  );
}

/** The object of `key`, or of the version that the request names; refusals NoSuchKey, NoSuchVersion. */
export function findObject(exchange: BucketExchange, key: string, versionId: string | undefined): ObjectRecord {
  const { bucket } = exchange;
  if (versionId === undefined || versionId === "") {
    const object = bucket.find(key);
    if (!object) {
      const isMarked = bucket.versions(key).length > 0;
      throw refusal("NoSuchKey", isMarked ? { headers: { "x-cos-delete-marker": "true" } } : {});
    }
    return object;
  }
  const version = bucket.findVersion(key, versionId);
  if (version === undefined) throw refusal("NoSuchVersion");
  if (!isObject(version)) throw refusal("NoSuchKey", { headers: { "x-cos-delete-marker": "true" } });
  return version;
}

const noSuchStyle = (style: string) =>
  imageRefusal(400, "InvalidArgument", `The image style ${style} does not exist.`, -105);

/** Where the URL names a style of an image that exists: that image. Throws X-ErrNo -105 for a style that does not. */
function styledImage(exchange: BucketExchange): ObjectRecord | undefined {
  const { bucket, address } = exchange;
  const { styles } = bucket.settings;
  if (exchange.operation === "object.styled") {
    const object = exchange.switches.styleParameter === "read" ? bucket.find(address.key) : undefined;
    const style = parameter(exchange, "style") ?? "";
    if (object && !styles.includes(style)) throw noSuchStyle(style);
    return object;
  }
  const asParameter = address.query.find(([name, value]) => value === "" && styles.includes(name));
  if (asParameter) return bucket.find(address.key);
  if (bucket.find(address.key)) return undefined;
  for (const { image, style } of styleReadings(address.key)) {
    if (!isImage(image)) continue;
    const object = bucket.find(image);
    if (!object) continue;
    if (styles.includes(style)) return object;
    throw noSuchStyle(style);
  }
  return undefined;
}

/** Does this GET go through the image path, which the "4xx image setting" covers? */
export function isImagePath(exchange: BucketExchange): boolean {
  if (exchange.operation === "object.original" || exchange.operation === "object.processed") return true;
  if (exchange.operation === "object.styled" && exchange.switches.styleParameter === "read") return true;
  if (exchange.operation !== "object.get" && exchange.operation !== "object.styled") return false;
  return isProtected(exchange.bucket.settings.protect, exchange.address.key, exchange.switches.suffixCaseSensitive);
}

function formOf(exchange: BucketExchange, styled: ObjectRecord | undefined): UrlForm {
  if (exchange.operation === "object.original") return "original";
  if (exchange.operation === "object.processed") return "processed";
  return styled ? "styled" : "plain";
}

function serve(exchange: BucketExchange, object: ObjectRecord, manner: Manner): Reply {
  const { choice } = manner;
  if (manner.conditions) {
    const verdict = judge(
      readConditions((name) => header(exchange, name)),
      object.etag,
      object.modified,
    );
    if (verdict === "failed") throw refusal("PreconditionFailed");
    if (verdict === "not-modified") {
      const { "Content-Type": _, ...headers } = objectHeaders(object, exchange.now, { ...choice, meta: false });
      return { status: 304, headers, body: nothing, contentLength: 0 };
    }
  }
  if (isArchived(object, exchange.now)) {
    throw refusal("InvalidObjectState", { headers: { "x-cos-storage-class": object.storageClass ?? "" } });
  }
  const overrides = responseOverrides(exchange);
  if (overrides.length > 0 && exchange.identity.kind === "anonymous") {
    throw refusal("InvalidRequest", { message: "response-* parameters need a signed request." });
  }
  const headers = objectHeaders(object, exchange.now, choice, overrides);
  if (manner.range) headers["Accept-Ranges"] = "bytes";
  const range = manner.range ? parseRange(header(exchange, "range"), object.size) : ({ kind: "whole" } as const);
  if (range.kind === "unsatisfiable") {
    throw refusal("InvalidRange", { headers: { "Content-Range": `bytes */${object.size}` } });
  }
  const start = range.kind === "part" ? range.start : 0;
  const length = range.kind === "part" ? range.length : object.size;
  if (range.kind === "part") headers["Content-Range"] = `bytes ${start}-${start + length - 1}/${object.size}`;
  return {
    status: range.kind === "part" ? 206 : 200,
    headers,
    body: { kind: "stored", bodies: exchange.bucket.bodies, stored: clip(object.body, start, length) },
    contentLength: manner.contentLength ? length : undefined,
  };
}

/**
 * Smart Compression: of an image half of its bytes, which no compression would give, and all that is said of the object. What can't be made
 * smaller comes as it is, and says so: X-SlimFlag 2 (document 436/96675).
 */
function slimmed(reply: Reply, object: ObjectRecord): Reply {
  if (reply.status !== 200 || reply.body.kind !== "stored") return reply;
  if (object.size < 2) return { ...reply, headers: { ...reply.headers, "X-SlimFlag": "2" } };
  const length = Math.floor(object.size / 2);
  return {
    ...reply,
    headers: { ...reply.headers, "X-SlimFlag": "1" },
    body: { ...reply.body, stored: clip(object.body, 0, length) },
    contentLength: reply.contentLength === undefined ? undefined : length,
  };
}

export function getObject(exchange: BucketExchange): Reply {
  const { bucket, address, switches, identity } = exchange;
  const signed = identity.kind === "signed";
  const isNamed = exchange.operation === "object.get" || exchange.operation === "object.styled";
  const styled = isNamed ? styledImage(exchange) : undefined;
  const covered = isProtected(bucket.settings.protect, address.key, switches.suffixCaseSensitive);
  const verdict = judgeGet(formOf(exchange, styled), covered, signed, switches);
  switch (verdict) {
    case "refuse-by-protection":
      throw protectedRefusal(switches);
    case "refuse-anonymous":
      throw refusal("AccessDenied", { message: "The original image is served to signed requests only." });
    case "stand-in": {
      if (!mayRead(exchange, styled)) throw refusal("AccessDenied");
      const image = styled ?? findObject(exchange, address.key, parameter(exchange, "versionId"));
      const picture = standInPicture(
        `processed stand-in of ${image.etag} ${address.key} ${JSON.stringify(address.query)}`,
      );
      return bytesReply(200, "image/png", picture, { "Last-Modified": new Date(image.modified).toUTCString() });
    }
    case "object": {
      if (!mayRead(exchange)) {
        const found = bucket.find(address.key);
        if (!found || !mayRead(exchange, found)) throw refusal("AccessDenied");
      }
      const object = findObject(exchange, address.key, parameter(exchange, "versionId"));
      const reply = serve(exchange, object, plainManner);
      return slimOf(exchange, object.key) === "none" ? reply : slimmed(reply, object);
    }
    case "original": {
      const versionId = switches.originImageHonoursVersionId ? parameter(exchange, "versionId") : undefined;
      const object = findObject(exchange, address.key, versionId);
      if (object.size === 0 && switches.emptyOriginImage === "refuse") {
        throw imageRefusal(400, "InvalidImageSource", "The image is empty.", -40168);
      }
      if (switches.originImageOfOthers === "refuse" && !isImage(object.key)) {
        throw imageRefusal(400, "InvalidImageFormat", "The object is no image.", -120);
      }
      if (switches.originImageMaxBytes > 0 && object.size > switches.originImageMaxBytes) {
        throw imageRefusal(400, "ImageTooLarge", "The image is too large to be downloaded as an image.", -168);
      }
      const reply = serve(exchange, object, originalManner(switches));
      return slimOf(exchange, object.key) === "every" ? slimmed(reply, object) : reply;
    }
  }
}

export function headObject(exchange: BucketExchange): Reply {
  const { bucket, address, switches } = exchange;
  const covered = isProtected(bucket.settings.protect, address.key, switches.suffixCaseSensitive);
  if (covered && switches.headOfProtected === "refuse") {
    throw protectedRefusal(switches);
  }
  if (!mayRead(exchange, bucket.find(address.key))) throw refusal("AccessDenied");
  const object = findObject(exchange, address.key, parameter(exchange, "versionId"));
  const verdict = judge(
    readConditions((name) => header(exchange, name)),
    object.etag,
    object.modified,
  );
  if (verdict === "failed") throw refusal("PreconditionFailed");
  const headers = objectHeaders(object, exchange.now, EVERYTHING);
  if (verdict === "not-modified") return emptyReply(304, headers);
  return { status: 200, headers: { ...headers, "Accept-Ranges": "bytes" }, body: nothing, contentLength: object.size };
}
