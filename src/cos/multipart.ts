/**
 * Multipart upload, for what one PUT can't hold (documents 436/7746, 7750, 7740, 7739): create, put the parts, complete,
 * or abort. Nothing exists under the key before Complete succeeds. Complete may answer 200 and then tell of a failure in
 * the body; `send` makes that its error.
 */

import type { HttpReply } from "../http/port/http.ts";
import type { Bucket, Headers } from "../objects/bucket.ts";
import { BucketError } from "../objects/error.ts";
import { malformedReply, subject } from "./exchange/error-from-reply.ts";
import { tellsObject } from "./exchange/false-success.ts";
import { objectInfo, unquote } from "./exchange/object-info.ts";
import type { BucketRequest, Send } from "./exchange/send.ts";
import { element, parseXml, textOf, type XmlElement } from "./exchange/xml.ts";

export type MultipartUpload = Pick<Bucket, "createUpload" | "uploadPart" | "completeUpload" | "abortUpload">;

const noBytes = Buffer.alloc(0);

export function createMultipartUpload(bucket: string, sendAndRead: Send): MultipartUpload {
  const send = (request: BucketRequest) => sendAndRead(request, (reply) => reply);
  const resultOf = (reply: HttpReply, root: string, method: string, key: string): XmlElement => {
    const document = reply.kind === "bytes" ? parseXml(reply.bytes.toString("utf8")) : undefined;
    if (document?.name === root) return document.root;
    throw malformedReply(subject(method, bucket, key), reply.status, `the reply is no ${root}`);
  };

  return {
    async createUpload(key, options = {}) {
      const reply = await send({
        method: "POST",
        key,
        query: [["uploads", ""]],
        headers: { "content-type": "application/octet-stream", ...options.headers },
        body: noBytes,
        bufferUpTo: "whole",
        signal: options.signal,
      });
      const uploadId = textOf(resultOf(reply, "InitiateMultipartUploadResult", "POST", key), "UploadId")?.trim();
      if (uploadId) return uploadId;
      throw malformedReply(subject("POST", bucket, key), reply.status, "the reply has no UploadId");
    },

    async uploadPart(key, uploadId, partNumber, body, options = {}) {
      const headers: Record<string, string> = { ...options.headers };
      if (options.contentMd5 !== undefined) headers["content-md5"] = options.contentMd5;
      const reply = await send({
        method: "PUT",
        key,
        query: [
          ["partNumber", String(partNumber)],
          ["uploadId", uploadId],
        ],
        headers,
        body,
        contentLength: options.contentLength,
        bufferUpTo: "whole",
        signal: options.signal,
      });
      const { etag } = objectInfo(reply.status, reply.headers);
      if (etag !== undefined) return { partNumber, etag };
      throw malformedReply(subject("PUT", bucket, key), reply.status, `the reply to part ${partNumber} has no ETag`);
    },

    async completeUpload(key, uploadId, parts, options = {}) {
      const headers: Record<string, string> = { "content-type": "application/xml" };
      if (options.forbidOverwrite) headers["x-cos-forbid-overwrite"] = "true";
      const list = [...parts]
        .sort((a, b) => a.partNumber - b.partNumber)
        .map((part) =>
          element("Part", [element("PartNumber", String(part.partNumber)), element("ETag", `"${part.etag}"`)]),
        );
      const reply = await send({
        method: "POST",
        key,
        query: [["uploadId", uploadId]],
        headers,
        body: Buffer.from(element("CompleteMultipartUpload", list).xml),
        bufferUpTo: "whole",
        signal: options.signal,
      });
      const result = resultOf(reply, "CompleteMultipartUploadResult", "POST", key);
      const said = objectInfo(reply.status, reply.headers, reply.standing);
      const etag = unquote(textOf(result, "ETag")?.trim());
      const crc64 = textOf(result, "CRC64")?.trim();
      const stored = {
        status: reply.status,
        etag: etag !== undefined && /^[0-9a-f]{32}(?:-\d{1,5})?$/i.test(etag) ? etag : said.etag,
        crc64: crc64 !== undefined && /^\d{1,20}$/.test(crc64) ? crc64 : said.crc64,
        requestId: said.requestId,
      };
      const told = tellsObject(stored, () => subject("POST", bucket, key));
      return { etag: told.etag, crc64: told.crc64, requestId: told.requestId };
    },

    async abortUpload(key, uploadId) {
      try {
        await send({ method: "DELETE", key, query: [["uploadId", uploadId]], headers: noHeaders, bufferUpTo: "whole" });
      } catch (thrown) {
        // It is gone, which is what was wanted.
        if (thrown instanceof BucketError && thrown.code === "NoSuchUpload") return;
        throw thrown;
      }
    },
  };
}

const noHeaders: Headers = {};
