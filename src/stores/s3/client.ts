/** One bucket of S3 over HTTP: the `Bucket` port, one request a call, signed at send time, never retried. */
import { malformedReply, subject } from "../../cos/exchange/error-from-reply.ts";
import { tellsObject } from "../../cos/exchange/false-success.ts";
import { objectInfo, objectResponse, putInfo, timeOf, unquote } from "../../cos/exchange/object-info.ts";
import type { Query } from "../../cos/exchange/request-target.ts";
import { parseXml, textOf } from "../../cos/exchange/xml.ts";
import { encodeKey } from "../../cos/signing/signature.ts";
import type { CredentialsProvider } from "../../credentials/credentials.ts";
import type { Pair } from "../../http/port/header-names.ts";
import type { CreateHttp, HttpOptions, HttpReply } from "../../http/port/http.ts";
import type { Bucket, ObjectInfo } from "../../objects/bucket.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";
import { digested } from "./body-digest.ts";
import { s3Endpoint } from "./endpoint.ts";
import { listQuery, parseListing } from "./listing.ts";
import { createS3Multipart } from "./multipart.ts";
import { s3Offers } from "./offers.ts";
import { createS3Send } from "./send.ts";
import { storedAsSent } from "./stored.ts";
import { createS3Versions } from "./versions.ts";

export interface S3ClientOptions extends HttpOptions {
  readonly bucket: string;
  /** `us-east-1` */
  readonly region: string;
  /** Template of what is dialled; AWS's own where absent. */
  readonly endpoint?: string | undefined;
  /** What says the template, for messages: `--archive-endpoint` where absent. */
  readonly endpointFrom?: string | undefined;
  /** Hosts, `name` or `name:port`, besides loopback, that may be spoken to over plain http. */
  readonly allowHttp?: readonly string[] | undefined;
  readonly credentials: CredentialsProvider;
  readonly clock: Pick<Clock, "now">;
  readonly log?: Log | undefined;
  readonly createHttp: CreateHttp;
}

export interface S3Client extends Bucket {
  /** Closes its connections at once; what is still in flight fails. */
  close(): Promise<void>;
}

const defaultBufferUpTo = 1024 * 1024;
const noBytes = Buffer.alloc(0);

/** @throws UserError `InvalidEndpoint`, `InvalidBucket`, `InvalidRegion`, `PlainHttpRefused` */
export function createS3Client(options: S3ClientOptions): S3Client {
  const { bucket, region, credentials, clock, log, createHttp } = options;
  const endpoint = s3Endpoint(options);
  const http = createHttp(options);
  const send = createS3Send({ bucket, region, endpoint, http, credentials, clock, log });

  return {
    name: bucket,
    region,
    address: `s3://${bucket}`,
    offers: s3Offers,

    async get(key, { originImage, versionId, headers, bufferUpTo = defaultBufferUpTo, inPieces, signal } = {}) {
      if (originImage === true) throw new Error("originals are behind COS's protection alone");
      const query = versionQuery(versionId);
      return send({ method: "GET", key, query, headers, bufferUpTo, inPieces, signal }, objectResponse);
    },

    head(key, { versionId, signal } = {}) {
      return send({ method: "HEAD", key, query: versionQuery(versionId), bufferUpTo: 0, signal }, (reply) =>
        tellsObject(headInfo(reply), () => subject("HEAD", bucket, key)),
      );
    },

    put(key, body, { headers, contentLength, contentMd5, forbidOverwrite, signal } = {}) {
      const sent = digested(body, contentMd5);
      const more: Pair[] = [];
      if (headers?.["content-type"] === undefined) more.push(["content-type", "application/octet-stream"]);
      if (sent.contentMd5 !== undefined) more.push(["content-md5", sent.contentMd5]);
      return send(
        {
          method: "PUT",
          key,
          headers,
          more,
          forbidOverwrite,
          body: sent.body,
          contentLength,
          bufferUpTo: "whole",
          signal,
        },
        (reply) => storedAsSent(putInfo(reply), sent.md5(), () => subject("PUT", bucket, key)),
      );
    },

    copy(key, from, { ifMatch, forbidOverwrite, headers, signal } = {}) {
      const more: Pair[] = [["x-amz-copy-source", `/${bucket}/${encodeKey(from)}`]];
      if (ifMatch !== undefined) more.push(["x-amz-copy-source-if-match", `"${ifMatch}"`]);
      return send(
        {
          method: "PUT",
          key,
          headers,
          more,
          forbidOverwrite,
          body: noBytes,
          bufferUpTo: "whole",
          signal,
          documented: true,
        },
        (reply) => {
          const what = subject("PUT", bucket, key);
          const document = reply.kind === "bytes" ? parseXml(reply.bytes.toString("utf8")) : undefined;
          if (document?.name !== "CopyObjectResult") {
            throw malformedReply(what, reply.status, "the reply is no CopyObjectResult");
          }
          const etag = unquote(textOf(document.root, "ETag")?.trim());
          const lastModified = timeOf(textOf(document.root, "LastModified")?.trim());
          return tellsObject({ ...putInfo(reply), etag, lastModified }, () => what);
        },
      );
    },

    async delete(key, { signal } = {}) {
      await send({ method: "DELETE", key, bufferUpTo: "whole", signal }, () => undefined);
    },

    async list(request = {}) {
      const { signal } = request;
      for (let token: string | undefined; ; ) {
        const query = listQuery(request, token);
        const read = await send({ method: "GET", query, bufferUpTo: "whole", signal, documented: true }, (reply) => {
          const text = reply.kind === "bytes" ? reply.bytes.toString("utf8") : "";
          const { status, headers } = reply;
          return parseListing(text, { bucket, status, date: headers.date, asked: request });
        });
        if (read.page !== undefined) return read.page;
        if (read.token === token) {
          throw malformedReply(
            `list ${subject("GET", bucket)}`,
            200,
            "empty pages of the listing follow one another without an end",
          );
        }
        token = read.token;
      }
    },

    ...createS3Versions(bucket, send),
    ...createS3Multipart(bucket, send),
    close: () => http.close(),
  };
}

/** S3 tells no CRC64 of COS's polynomial; who archived an original wrote down which one its bytes had. */
function headInfo({ status, headers, standing }: HttpReply): ObjectInfo {
  return { ...objectInfo(status, headers, standing), provenCrc64: headers["x-cos-meta-original-crc64"] };
}

const versionQuery = (versionId: string | undefined): Query | undefined =>
  versionId === undefined ? undefined : [["versionId", versionId]];
