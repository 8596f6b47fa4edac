/**
 * PUT Object - Copy within a bucket (document 436/10881): the service copies, and nothing of the object comes here. It may answer 200 and then
 * tell of a failure in the body; `send` makes that its error.
 */
import type { Bucket } from "../objects/bucket.ts";
import { bucketHost } from "./address/endpoint.ts";
import { malformedReply, subject } from "./exchange/error-from-reply.ts";
import { tellsObject } from "./exchange/false-success.ts";
import { putInfo, timeOf, unquote } from "./exchange/object-info.ts";
import type { Send } from "./exchange/send.ts";
import { parseXml, textOf } from "./exchange/xml.ts";
import { encodeKey } from "./signing/signature.ts";

export function createCopy(
  { bucket, region }: { readonly bucket: string; readonly region: string },
  send: Send,
): Pick<Bucket, "copy"> {
  return {
    copy(key, from, { ifMatch, forbidOverwrite, headers, signal } = {}) {
      // The bucket's own host, by whichever name it is dialled.
      const more: [string, string][] = [["x-cos-copy-source", `${bucketHost(bucket, region)}/${encodeKey(from)}`]];
      if (ifMatch !== undefined) more.push(["x-cos-copy-source-if-match", `"${ifMatch}"`]);
      if (forbidOverwrite === true) more.push(["x-cos-forbid-overwrite", "true"]);
      return send({ method: "PUT", key, headers, more, body: noBytes, bufferUpTo: "whole", signal }, (reply) => {
        const what = subject("PUT", bucket, key);
        const document = reply.kind === "bytes" ? parseXml(reply.bytes.toString("utf8")) : undefined;
        if (document?.name !== "CopyObjectResult")
          throw malformedReply(what, reply.status, "the reply is no CopyObjectResult");
        const said = putInfo(reply);
        const crc64 = textOf(document.root, "CRC64")?.trim();
        const copied = {
          ...said,
          etag: unquote(textOf(document.root, "ETag")?.trim()) ?? said.etag,
          crc64: crc64 !== undefined && /^\d{1,20}$/.test(crc64) ? crc64 : said.crc64,
          lastModified: timeOf(textOf(document.root, "LastModified")?.trim()),
        };
        return tellsObject(copied, () => what);
      });
    },
  };
}

const noBytes = Buffer.alloc(0);
