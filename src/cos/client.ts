/** One bucket over HTTP: the `Bucket` port, one request a call, signed at send time, never retried. */

import type { CredentialsProvider } from "../credentials/credentials.ts";
import type { Pair } from "../http/port/header-names.ts";
import type { CreateHttp, HttpOptions } from "../http/port/http.ts";
import { createWireHttp } from "../http/wire/client.ts";
import type { Bucket, ObjectInfo, ObjectResponse, PutOptions } from "../objects/bucket.ts";
import type { Clock } from "../vocabulary/clock.ts";
import type { Log } from "../vocabulary/log.ts";
import { resolveEndpoint, resolveImageEndpoint } from "./address/endpoint.ts";
import { type CiBinding, createCiBinding } from "./ci-binding.ts";
import { createCopy } from "./copy.ts";
import { createExactReplies, type ExactReplies } from "./exact-reply.ts";
import { subject } from "./exchange/error-from-reply.ts";
import { bringsOwnBytes, tellsObject } from "./exchange/false-success.ts";
import { objectInfo, objectResponse, putInfo } from "./exchange/object-info.ts";
import type { Query } from "./exchange/request-target.ts";
import { createSend, type Read } from "./exchange/send.ts";
import { listQuery, parseListing } from "./listing/listing.ts";
import { createMultipartUpload } from "./multipart.ts";
import { cosOffers } from "./offers.ts";
import { createOriginProtect, type OriginProtect } from "./origin-protect.ts";
import { createRestore } from "./restore.ts";
import { createSmartCompression, type SmartCompression } from "./smart-compression.ts";
import { createVersions } from "./versions.ts";

/** One bucket, how it is reached, and who signs. */
export interface BucketClientOptions extends HttpOptions {
  /** NAME-APPID */
  readonly bucket: string;
  /** `ap-guangzhou` */
  readonly region: string;
  /**
   * Where it is dialled, with `{bucket}` and `{region}` filled in: `https://{bucket}.cos.{region}.myqcloud.com` where absent. One without
   * `{bucket}`, like the emulator's, is dialled as it is, with the bucket's own host in the Host header.
   */
  readonly endpoint?: string | undefined;
  /** Hosts, `name` or `name:port`, besides loopback, that may be spoken to over plain http. */
  readonly allowHttp?: readonly string[] | undefined;
  /** undefined: requests go out unsigned. */
  readonly credentials: CredentialsProvider | undefined;
  readonly clock: Pick<Clock, "now">;
  readonly log?: Log | undefined;
  /** What sends its requests. Default: connections of our own, which know no proxy. */
  readonly createHttp?: CreateHttp | undefined;
}

/** The Bucket port over HTTP, what Cloud Infinite tells of that bucket, and replies as they came. */
export interface BucketClient extends Bucket, OriginProtect, SmartCompression, CiBinding, ExactReplies {
  restore: NonNullable<Bucket["restore"]>;
  versioning: NonNullable<Bucket["versioning"]>;
  listVersions: NonNullable<Bucket["listVersions"]>;
  /** Closes its connections at once; what is still in flight fails. */
  close(): Promise<void>;
}

const defaultBufferUpTo = 1024 * 1024;
type Pairs = readonly Pair[];

export const originImage: Query = [["ci-process", "originImage"]];

/**
 * A client of one COS bucket: one request a call, signed at send time, never retried. Each client has connections of its own, so a source
 * that is slow to send never keeps an archive waiting. Its calls reject with BucketError, and with
 * UserError `MissingCredentials` or `MalformedSecretId` where they can't be signed. It knows no proxy of the environment, as
 * `surroundingsFromSettings` does, unless `createHttp` is what goes through it.
 *
 * @throws UserError `InvalidEndpoint`, `InvalidBucket`, `InvalidRegion`, `PlainHttpRefused`
 *
 * @example
 * ```ts
 * import { createBucketClient, environmentCredentials, readSettings, systemClock } from "cos-originals";
 *
 * // The service's own where it is undefined.
 * const { endpoint } = readSettings({ environment: process.env }).values;
 * const photos = createBucketClient({
 *   bucket: "photos-1250000000",
 *   region: "ap-guangzhou",
 *   endpoint,
 *   credentials: environmentCredentials(process.env),
 *   clock: systemClock,
 * });
 * const original = await photos.get("2026/picture.jpg", { originImage: true });
 * console.log(original.status, original.size, original.kind); // prints 200 22 bytes
 * await photos.close();
 * ```
 */
export function createBucketClient(options: BucketClientOptions): BucketClient {
  const { bucket, region, credentials, clock, log, createHttp = createWireHttp } = options;
  const endpoint = resolveEndpoint(options);
  const http = createHttp(options);
  const send = createSend({ bucket, endpoint, http, credentials, clock, log });
  const brought: Read<ObjectResponse> = (reply, { method, key }) =>
    bringsOwnBytes(objectResponse(reply), () => subject(method, bucket, key));
  const held: Read<ObjectInfo> = ({ status, headers, standing }, { method, key }) =>
    tellsObject(objectInfo(status, headers, standing), () => subject(method, bucket, key));
  const stored: Read<ObjectInfo> = (reply, { method, key }) =>
    tellsObject(putInfo(reply), () => subject(method, bucket, key));

  return {
    name: bucket,
    region,
    address: `cos://${bucket}`,
    offers: cosOffers,

    prepare: () => http.prepare?.(endpoint.origin),

    get(key, request = {}) {
      const { originImage: original, versionId, headers, bufferUpTo = defaultBufferUpTo, inPieces, signal } = request;
      const query = objectQuery(original === true ? originImage : undefined, versionId);
      return send({ method: "GET", key, query, headers, bufferUpTo, inPieces, signal }, brought);
    },

    head(key, request = {}) {
      const query = objectQuery(undefined, request.versionId);
      return send({ method: "HEAD", key, query, bufferUpTo: 0, signal: request.signal }, held);
    },

    put(key, body, request = {}) {
      const { headers, contentLength, signal } = request;
      const more = putHeaders(request);
      return send({ method: "PUT", key, headers, more, body, contentLength, bufferUpTo: "whole", signal }, stored);
    },

    async delete(key, request = {}) {
      await send({ method: "DELETE", key, bufferUpTo: "whole", signal: request.signal }, nothing);
    },

    list(request = {}) {
      const query = listQuery(request);
      return send({ method: "GET", query, bufferUpTo: "whole", signal: request.signal }, (reply) => {
        const text = reply.kind === "bytes" ? reply.bytes.toString("utf8") : "";
        return parseListing(text, bucket, reply.status, reply.headers.date);
      });
    },

    ...createCopy({ bucket, region }, send),
    ...createMultipartUpload(bucket, send),
    ...createRestore(send),
    ...createVersions(bucket, send),
    ...createOriginProtect(bucket, resolveImageEndpoint(options), send),
    ...createSmartCompression(bucket, resolveImageEndpoint(options), send),
    ...createCiBinding(bucket, resolveImageEndpoint(options, "ci"), send),
    ...createExactReplies(send),
    close: () => http.close(),
  };
}

function objectQuery(process: Query | undefined, versionId: string | undefined): Query | undefined {
  return versionId === undefined ? process : [...(process ?? []), ["versionId", versionId]];
}

const nothing = () => undefined;

const defaultType: Pairs = [["content-type", "application/octet-stream"]];

function putHeaders({ headers, contentMd5, forbidOverwrite }: PutOptions): Pairs | undefined {
  const typed = headers?.["content-type"] !== undefined;
  if (contentMd5 === undefined && forbidOverwrite !== true) return typed ? undefined : defaultType;
  const more: Pair[] = typed ? [] : [...defaultType];
  if (contentMd5 !== undefined) more.push(["content-md5", contentMd5]);
  if (forbidOverwrite === true) more.push(["x-cos-forbid-overwrite", "true"]);
  return more;
}
