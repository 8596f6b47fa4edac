/** One bucket over HTTP: the `Bucket` port, one request a call, signed at send time, never retried. */
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { Bucket, PutOptions } from "./bucket.ts";
import type { CredentialsProvider } from "./credentials.ts";
import { resolveEndpoint, resolveImageEndpoint } from "./endpoint.ts";
import { createHttp, type HttpOptions } from "./http.ts";
import { listQuery, parseListing } from "./listing.ts";
import { createMultipartUpload } from "./multipart.ts";
import { objectInfo } from "./object-info.ts";
import { createOriginProtect, type OriginProtect } from "./origin-protect.ts";
import { createSend, type Query } from "./send.ts";

export interface BucketClientOptions extends HttpOptions {
  /** NAME-APPID */
  readonly bucket: string;
  /** `ap-guangzhou` */
  readonly region: string;
  /** Template, see endpoint.ts. */
  readonly endpoint?: string | undefined;
  readonly allowHttp?: readonly string[] | undefined;
  /** undefined: requests go out unsigned. */
  readonly credentials: CredentialsProvider | undefined;
  readonly clock: Pick<Clock, "now">;
  readonly log?: Log | undefined;
}

export interface BucketClient extends Bucket, OriginProtect {
  /** Closes its connections at once; what is still in flight fails. */
  close(): Promise<void>;
}

const defaultBufferUpTo = 1024 * 1024;
const originImage: Query = [["ci-process", "originImage"]];

/**
 * Each client has connections of its own, so a source that is slow to send never keeps an archive waiting.
 *
 * @throws UserError `InvalidEndpoint`, `InvalidBucket`, `InvalidRegion`, `PlainHttpRefused`
 */
export function createBucketClient(options: BucketClientOptions): BucketClient {
  const { bucket, region, credentials, clock, log } = options;
  const endpoint = resolveEndpoint(options);
  const http = createHttp(options);
  const send = createSend({ bucket, endpoint, http, credentials, clock, log });

  return {
    name: bucket,
    region,

    async get(key, request = {}) {
      const reply = await send({
        method: "GET",
        key,
        query: objectQuery(request.originImage === true ? originImage : undefined, request.versionId),
        headers: request.headers,
        bufferUpTo: request.bufferUpTo ?? defaultBufferUpTo,
        signal: request.signal,
      });
      const info = objectInfo(reply.status, reply.headers);
      return reply.kind === "bytes"
        ? { ...info, kind: "bytes", bytes: reply.bytes }
        : { ...info, kind: "stream", stream: reply.stream };
    },

    async head(key, request = {}) {
      const reply = await send({
        method: "HEAD",
        key,
        query: objectQuery(undefined, request.versionId),
        bufferUpTo: 0,
        signal: request.signal,
      });
      return objectInfo(reply.status, reply.headers);
    },

    async put(key, body, request = {}) {
      const reply = await send({
        method: "PUT",
        key,
        headers: putHeaders(request),
        body,
        contentLength: request.contentLength,
        bufferUpTo: "whole",
        signal: request.signal,
      });
      // Content-Length is of the reply here, not of the object.
      return { ...objectInfo(reply.status, reply.headers), size: undefined };
    },

    async delete(key, request = {}) {
      await send({ method: "DELETE", key, bufferUpTo: "whole", signal: request.signal });
    },

    async list(request = {}) {
      const reply = await send({
        method: "GET",
        query: listQuery(request),
        bufferUpTo: "whole",
        signal: request.signal,
      });
      const text = reply.kind === "bytes" ? reply.bytes.toString("utf8") : "";
      return parseListing(text, bucket, reply.status, reply.headers.date);
    },

    ...createMultipartUpload(bucket, send),
    ...createOriginProtect(bucket, resolveImageEndpoint(options), send),
    close: () => http.close(),
  };
}

function objectQuery(process: Query | undefined, versionId: string | undefined): Query | undefined {
  return versionId === undefined ? process : [...(process ?? []), ["versionId", versionId]];
}

function putHeaders(request: PutOptions): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/octet-stream", ...request.headers };
  if (request.contentMd5 !== undefined) headers["content-md5"] = request.contentMd5;
  if (request.forbidOverwrite) headers["x-cos-forbid-overwrite"] = "true";
  return headers;
}
