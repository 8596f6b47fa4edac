/**
 * Multipart upload (Amazon S3 API Reference): create, put the parts, complete, or abort. Each part is held against its MD5, which is its ETag, and
 * the whole against the MD5 of those; but not every service makes its ETags so: R2's of parts are no MD5s, OSS's of the whole is of another formula.
 * Complete may answer 200 and then tell of a failure in the body; `send` makes that its error.
 */
import { createHash } from "node:crypto";
import { malformedReply, subject } from "../../cos/exchange/error-from-reply.ts";
import { tellsObject } from "../../cos/exchange/false-success.ts";
import { objectInfo, unquote } from "../../cos/exchange/object-info.ts";
import { element, parseXml, textOf, type XmlElement } from "../../cos/exchange/xml.ts";
import type { HttpReply } from "../../http/port/http.ts";
import type { Bucket, UploadedPart } from "../../objects/bucket.ts";
import { BucketError } from "../../objects/error.ts";
import { digested } from "./body-digest.ts";
import type { S3Request, S3Send } from "./send.ts";
import { isEncrypted, storedAsSent } from "./stored.ts";

export type S3Multipart = Pick<Bucket, "createUpload" | "uploadPart" | "completeUpload" | "abortUpload">;

const noBytes = Buffer.alloc(0);

export function createS3Multipart(bucket: string, sendAndRead: S3Send): S3Multipart {
  const send = (request: S3Request) => sendAndRead(request, (reply) => reply);
  const resultOf = (reply: HttpReply, root: string, key: string): XmlElement => {
    const document = reply.kind === "bytes" ? parseXml(reply.bytes.toString("utf8")) : undefined;
    if (document?.name === root) return document.root;
    throw malformedReply(subject("POST", bucket, key), reply.status, `the reply is no ${root}`);
  };

  return {
    async createUpload(key, { headers, signal } = {}) {
      const reply = await send({
        method: "POST",
        key,
        query: [["uploads", ""]],
        headers: { "content-type": "application/octet-stream", ...headers },
        body: noBytes,
        bufferUpTo: "whole",
        signal,
        documented: true,
      });
      const uploadId = textOf(resultOf(reply, "InitiateMultipartUploadResult", key), "UploadId")?.trim();
      if (uploadId) return uploadId;
      throw malformedReply(subject("POST", bucket, key), reply.status, "the reply has no UploadId");
    },

    async uploadPart(key, uploadId, partNumber, body, { contentLength, contentMd5, headers, signal } = {}) {
      const sent = digested(body, contentMd5);
      const reply = await send({
        method: "PUT",
        key,
        query: [
          ["partNumber", String(partNumber)],
          ["uploadId", uploadId],
        ],
        headers,
        more: sent.contentMd5 === undefined ? [] : [["content-md5", sent.contentMd5]],
        body: sent.body,
        contentLength,
        bufferUpTo: "whole",
        signal,
      });
      const what = () => `part ${partNumber}: ${subject("PUT", bucket, key)}`;
      const md5 = sent.md5();
      const { etag } = storedAsSent(objectInfo(reply.status, reply.headers), md5, what);
      if (etag !== undefined) return { partNumber, etag, md5 };
      throw malformedReply(what(), reply.status, "the reply has no ETag");
    },

    async completeUpload(key, uploadId, parts, { forbidOverwrite, signal } = {}) {
      const sorted = [...parts].sort((a, b) => a.partNumber - b.partNumber);
      const list = sorted.map((part) =>
        element("Part", [element("PartNumber", String(part.partNumber)), element("ETag", `"${part.etag}"`)]),
      );
      const reply = await send({
        method: "POST",
        key,
        query: [["uploadId", uploadId]],
        headers: { "content-type": "application/xml" },
        forbidOverwrite,
        body: Buffer.from(element("CompleteMultipartUpload", list).xml),
        bufferUpTo: "whole",
        signal,
        documented: true,
      });
      const result = resultOf(reply, "CompleteMultipartUploadResult", key);
      const said = objectInfo(reply.status, reply.headers);
      const etag = unquote(textOf(result, "ETag")?.trim()) ?? said.etag;
      const told = { ...said, etag: tellsWhole(etag, sorted, isEncrypted(said)) ? etag : undefined };
      const { requestId } = tellsObject(told, () => subject("POST", bucket, key));
      return { etag, crc64: undefined, requestId };
    },

    async abortUpload(key, uploadId) {
      try {
        await send({ method: "DELETE", key, query: [["uploadId", uploadId]], bufferUpTo: "whole" });
      } catch (thrown) {
        // It is gone, which is what was wanted.
        if (thrown instanceof BucketError && thrown.code === "NoSuchUpload") return;
        throw thrown;
      }
    },
  };
}

/**
 * Does the ETag of the whole say that the parts were stored as they were sent? Amazon's is the MD5 of the parts' MD5s, and how many there are. One of
 * another formula is nothing to compare with: it will do where each part was held against its own MD5, or where no ETag is one.
 */
function tellsWhole(etag: string | undefined, parts: readonly UploadedPart[], encrypted: boolean): boolean {
  if (etag === undefined || encrypted || !etag.includes("-")) return etag !== undefined;
  if (parts.every((part) => part.etag.toLowerCase() === part.md5)) return true;
  const hash = createHash("md5");
  for (const part of parts) hash.update(Buffer.from(part.md5 ?? part.etag, "hex"));
  return etag.toLowerCase() === `${hash.digest("hex")}-${parts.length}`;
}
