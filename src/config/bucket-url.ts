/**
 * A place in COS by the URL that the console shows and people copy: `https://BUCKET-APPID.cos.REGION.myqcloud.com/PREFIX`. Read as the place's name
 * and nothing else: what is dialled is said by `--endpoint`. The hosts are those of documents 436/6224 and 436/6281:
 *
 *   BUCKET.cos.REGION.myqcloud.com, BUCKET.cos.REGION.tencentcos.cn                        the default and its equal
 *   BUCKET.cos-internal.REGION.tencentcos.cn (or .myqcloud.com)                             the intranet, by name
 *   BUCKET.cos.accelerate.myqcloud.com (or cos-internal, or .tencentcos.cn)                 global acceleration: names no region
 *   cos.REGION.myqcloud.com/BUCKET                                                          by path
 */
import { isBucketName, isRegion } from "../vocabulary/names.ts";

export interface BucketUrl {
  /** `cos://BUCKET-APPID[/PREFIX]`, the prefix decoded. */
  readonly address: string;
  /** Undefined where the host names none: global acceleration's. */
  readonly region: string | undefined;
}

/** Undefined for what is no URL of a bucket in COS; else the place, or why it is none, which completes `--source "https://…" …`. */
export function readBucketUrl(text: string): BucketUrl | { readonly fault: string } | undefined {
  const scheme = /^(https?):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  const [, authority = "", path = "", query = ""] = /^https?:\/\/([^/?#]*)(?:\/([^?#]*))?(.*)$/is.exec(text) ?? [];
  const named = namedBy(authority.toLowerCase(), path);
  if (named === undefined) return undefined;
  // It may be a signature, and no place has one.
  if (query !== "") return { fault: "has a query or a fragment behind it, and a place is named by the URL without it" };
  if (scheme === "http") return { fault: "begins with http://, and places are named by https://" };
  let prefix: string;
  try {
    // In a path `+` is a plus.
    prefix = decodeURIComponent(named.path);
  } catch {
    return { fault: "is not URL-encoded UTF-8" };
  }
  const { bucket, region } = named;
  return { address: prefix === "" ? `cos://${bucket}` : `cos://${bucket}/${prefix}`, region };
}

function namedBy(
  host: string,
  path: string,
): { readonly bucket: string; readonly region: string | undefined; readonly path: string } | undefined {
  const [, before, middle = ""] =
    /^(?:([^.]+)\.)?(?:cos|cos-internal)\.([^.]+)\.(?:myqcloud\.com|tencentcos\.cn)$/.exec(host) ?? [];
  if (!isRegion(middle)) return undefined;
  const region = middle === "accelerate" ? undefined : middle;
  if (before !== undefined) return isBucketName(before) ? { bucket: before, region, path } : undefined;
  const [bucket = "", ...rest] = path.split("/");
  return isBucketName(bucket) ? { bucket, region, path: rest.join("/") } : undefined;
}
