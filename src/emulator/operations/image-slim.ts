/**
 * Smart Compression of a bucket: PUT, GET and DELETE `/?image-slim` on BUCKET.pic.REGION.myqcloud.com (documents 436/96356, 436/96357), and
 * which replies it makes smaller. In mode Auto plain GETs of the suffixes that were said, `imageSlim` or not; in mode API none.
 */
import { type BucketExchange, emptyReply, type Reply, xmlReply } from "../protocol/exchange.ts";
import { receiveDocument } from "../protocol/receive-body.ts";
import { refusal } from "../protocol/refusal.ts";
import { xmlHead } from "../protocol/reply-xml.ts";
import { children, parseXml, textOf, type XmlElement } from "../protocol/request-xml.ts";
import type { SlimSettings } from "../store/records.ts";
import { isImage, suffixOf } from "./protection.ts";

/** Suffixes that mode Auto takes (document 436/96356). */
export const slimmable: readonly string[] = ["jpg", "png", "gif"];
const modes: readonly string[] = ["API", "Auto"];

/** Settings that a bucket can have; a refusal InvalidArgument for others. */
export function checkedSlim(settings: SlimSettings): SlimSettings {
  const wrong =
    settings.modes.find((mode) => !modes.includes(mode)) ??
    settings.suffixes.find((suffix) => !slimmable.includes(suffix)) ??
    (settings.modes.length === 0 || (settings.modes.includes("Auto") && settings.suffixes.length === 0)
      ? ""
      : undefined);
  if (wrong === undefined) return settings;
  throw refusal("InvalidArgument", {
    message: `Smart Compression can't be set to ${JSON.stringify(wrong)}: modes are ${modes.join(" and ")}, and Auto needs suffixes of ${slimmable.join(", ")}.`,
  });
}

/** Of which GETs of a key the body is made smaller: none, those without ci-process, or every one. */
export function slimOf({ bucket, switches }: BucketExchange, key: string): "none" | "plain" | "every" {
  const { slim } = bucket.settings;
  const ofBucket = slim?.modes.includes("Auto") === true && slim.suffixes.includes(suffixOf(key).toLowerCase());
  if (switches.smartCompression === "off") return ofBucket ? "plain" : "none";
  return ofBucket || isImage(key) ? switches.smartCompression : "none";
}

export async function putImageSlim(exchange: BucketExchange): Promise<Reply> {
  const root = parseXml(await receiveDocument(exchange), "ImageSlim");
  const list = root.Suffixs;
  const suffixes = list === undefined || typeof list === "string" ? [] : children(list as XmlElement, "Suffix");
  const slim: SlimSettings = {
    modes: (textOf(root, "SlimMode") ?? "").split(",").flatMap((mode) => (mode.trim() === "" ? [] : [mode.trim()])),
    suffixes: suffixes.map((suffix) => (typeof suffix === "string" ? suffix.trim().toLowerCase() : "")),
  };
  exchange.bucket.configure({ slim: checkedSlim(slim) });
  return emptyReply(200);
}

export function getImageSlim({ bucket, switches }: BucketExchange): Reply {
  const { slim } = bucket.settings;
  const told = slim ?? (switches.smartCompression === "off" ? undefined : { modes: ["Auto"], suffixes: slimmable });
  if (told === undefined) return xmlReply(`${xmlHead}<ImageSlim><Status>off</Status></ImageSlim>`);
  const suffixes = told.suffixes.map((suffix) => `<Suffix>${suffix}</Suffix>`).join("");
  const mode = `<Status>on</Status><SlimMode>${told.modes.join(",")}</SlimMode>`;
  const of = told.modes.includes("Auto") ? `<Suffixs>${suffixes}</Suffixs>` : "";
  return xmlReply(`${xmlHead}<ImageSlim>${mode}${of}</ImageSlim>`);
}

export function deleteImageSlim(exchange: BucketExchange): Reply {
  exchange.bucket.configure({ slim: undefined });
  return emptyReply(200);
}
