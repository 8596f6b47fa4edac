/**
 * Configuring Original Image Protection: PUT, GET and DELETE `?origin-protect` (documents 460/30121, 460/30120,
 * 1045/33712). An empty PUT is the older form, from before suffixes existed: it covers them all.
 */

import { protectableSuffixes } from "../../cos/origin-protect.ts";
import { type BucketExchange, emptyReply, type Reply, xmlReply } from "../protocol/exchange.ts";
import { receiveDocument } from "../protocol/receive-body.ts";
import { refusal } from "../protocol/refusal.ts";
import { xmlHead } from "../protocol/reply-xml.ts";
import { children, parseXml } from "../protocol/request-xml.ts";

/** Suffixes as they are kept: without their dot, in lower case, each once; a refusal InvalidArgument for one that can't be protected. */
export function protectedSuffixes(suffixes: readonly string[]): readonly string[] {
  const cleaned = suffixes.map((suffix) => suffix.trim().replace(/^\./, "").toLowerCase());
  const wrong = cleaned.find((suffix) => !(protectableSuffixes as readonly string[]).includes(suffix));
  if (wrong !== undefined) {
    const known = protectableSuffixes.join(", ");
    throw refusal("InvalidArgument", {
      message: `The suffix ${JSON.stringify(wrong)} cannot be protected; ${known} can.`,
    });
  }
  return [...new Set(cleaned)];
}

export async function putOriginProtect(exchange: BucketExchange): Promise<Reply> {
  const body = await receiveDocument(exchange);
  let suffixes: readonly string[] = protectableSuffixes;
  if (body.length > 0) {
    const entries = children(parseXml(body, "Suffixs"), "Suffix");
    if (entries.length === 0) throw refusal("MalformedXML");
    suffixes = entries.map((entry) => {
      if (typeof entry !== "string") throw refusal("MalformedXML");
      return entry;
    });
  }
  exchange.bucket.configure({ protect: protectedSuffixes(suffixes) });
  return emptyReply(200);
}

export function getOriginProtect(exchange: BucketExchange): Reply {
  const state = exchange.bucket.settings.protect.length > 0 ? "on" : "off";
  return xmlReply(`${xmlHead}<OriginProtectStatus>${state}</OriginProtectStatus>`);
}

export function deleteOriginProtect(exchange: BucketExchange): Reply {
  exchange.bucket.configure({ protect: [] });
  return emptyReply(200);
}
