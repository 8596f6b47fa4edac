/**
 * Original Image Protection of a bucket: PUT, GET and DELETE `/?origin-protect` on BUCKET.pic.REGION.myqcloud.com
 * (documents 460/30121, 460/30120, 1045/33712). Needs a bucket that is bound to Cloud Infinite, and the actions
 * ci:SetOriginProtect and ci:DescribeOriginProtect.
 */
import { createHash } from "node:crypto";
import type { Endpoint } from "../objects/dialled.ts";
import { malformedReply, subject } from "./exchange/error-from-reply.ts";
import type { BucketRequest, Send } from "./exchange/send.ts";
import { contentOf, element, parseXml } from "./exchange/xml.ts";

/** Suffixes that can be protected (document 460/30121). */
export const protectableSuffixes = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "heif"] as const;

const protectable = new RegExp(`\\.(?:${protectableSuffixes.join("|")})$`, "i");

/** Has a key a suffix that can be protected? Whether their case matters is not documented: in either. */
export const isProtectable = (key: string): boolean => protectable.test(key);

/** A suffix that can be protected, at the end, or before what may separate an image from the name of a style. */
const readsAsImage = new RegExp(`\\.(?:${protectableSuffixes.join("|")})(?:[-_/!]|$)`, "i");

/**
 * Can no URL of this key be one of a protected image, nor of a style of one (`picture.jpg/small`)? Then a plain GET brings the object,
 * whatever the bucket's protection is set to; nor is it made smaller by Smart Compression, which is of images only.
 */
export const isNeverProtected = (key: string): boolean => !readsAsImage.test(key);

/** Original Image Protection of a bucket (documents 460/30121, 460/30120, 1045/33712), which must be bound to Cloud Infinite. */
export interface OriginProtect {
  /** Is the protection on? The service does not say for which suffixes. */
  getOriginProtect(): Promise<boolean>;
  /** Protects objects with these suffixes, of `protectableSuffixes`. None: what the service thinks best. */
  putOriginProtect(suffixes: readonly string[]): Promise<void>;
  deleteOriginProtect(): Promise<void>;
}

export function createOriginProtect(bucket: string, endpoint: Endpoint, send: Send): OriginProtect {
  const ask = (request: Pick<BucketRequest, "method" | "headers" | "body">) =>
    send({ ...request, query: [["origin-protect", ""]], bufferUpTo: "whole", endpoint }, (reply) => reply);
  return {
    async getOriginProtect() {
      const reply = await ask({ method: "GET" });
      const document = reply.kind === "bytes" ? parseXml(reply.bytes.toString("utf8")) : undefined;
      const said = document?.name === "OriginProtectStatus" ? contentOf(document.root).trim() : undefined;
      if (said === "on" || said === "off") return said === "on";
      throw malformedReply(subject("GET", bucket), reply.status, "the reply has no OriginProtectStatus of on or off");
    },
    async putOriginProtect(suffixes) {
      const list = suffixes.map((suffix) => element("Suffix", suffix));
      const body = Buffer.from(suffixes.length === 0 ? "" : element("Suffixs", list).xml);
      const headers = {
        "content-type": "application/xml",
        "content-md5": createHash("md5").update(body).digest("base64"),
      };
      await ask({ method: "PUT", headers, body });
    },
    async deleteOriginProtect() {
      await ask({ method: "DELETE" });
    },
  };
}
