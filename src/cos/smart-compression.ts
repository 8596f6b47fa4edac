/**
 * Smart Compression of a bucket: GET `/?image-slim` on BUCKET.pic.REGION.myqcloud.com (document 436/96357), which needs a bucket that is bound
 * to Cloud Infinite, and the action ci:DescribeImageSlim. In mode Auto plain GETs bring smaller bytes under the original's ETag.
 */
import type { Endpoint } from "../objects/dialled.ts";
import { malformedReply, subject } from "./exchange/error-from-reply.ts";
import type { Send } from "./exchange/send.ts";
import { contentOf, elements, parseXml, textOf } from "./exchange/xml.ts";

/** How a bucket is set up. */
export interface SlimSetting {
  /** Are plain GETs made smaller? */
  readonly auto: boolean;
  /** Of which suffixes, where they are. */
  readonly suffixes: readonly string[];
}

/** Smart Compression of a bucket (document 436/96357). */
export interface SmartCompression {
  getSmartCompression(): Promise<SlimSetting>;
}

export function createSmartCompression(bucket: string, endpoint: Endpoint, send: Send): SmartCompression {
  return {
    async getSmartCompression() {
      const query = [["image-slim", ""]] as const;
      const reply = await send({ method: "GET", query, bufferUpTo: "whole", endpoint }, (came) => came);
      const document = reply.kind === "bytes" ? parseXml(reply.bytes.toString("utf8")) : undefined;
      const status = document?.name === "ImageSlim" ? textOf(document.root, "Status")?.trim() : undefined;
      if (document === undefined || (status !== "on" && status !== "off")) {
        throw malformedReply(
          subject("GET", bucket),
          reply.status,
          "the reply has no ImageSlim with a Status of on or off",
        );
      }
      const modes = (textOf(document.root, "SlimMode") ?? "").split(",").map((mode) => mode.trim());
      const auto = status === "on" && modes.includes("Auto");
      const suffixes = elements(document.root, "Suffixs").flatMap((list) => elements(list, "Suffix").map(contentOf));
      return { auto, suffixes: auto ? suffixes.map((suffix) => suffix.trim()) : [] };
    },
  };
}
