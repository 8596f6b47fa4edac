/** One original, fetched as a run would: does originImage bring the object that a HEAD tells of? */
import { isEncrypted, isMd5, sameEtag } from "../../archive/proof/identity.ts";
import { isProtectable } from "../../cos/origin-protect.ts";
import type { Bucket, ListedObject, ListPage, ObjectInfo } from "../../objects/bucket.ts";
import { counted } from "../../vocabulary/counted.ts";
import { quote } from "../../vocabulary/errors.ts";
import { needOf } from "../../vocabulary/permissions.ts";
import { type ReadBytes, readBytes } from "../check/read-bytes.ts";
import { type Finding, finding, isPassing, tried } from "./doctor-findings.ts";

/** The smallest image that is not empty. */
function sample(page: ListPage | undefined): ListedObject | undefined {
  const images = page?.objects.filter(({ key, size }) => size > 0 && isProtectable(key));
  return images?.reduce<ListedObject | undefined>(
    (best, each) => (best && best.size <= each.size ? best : each),
    undefined,
  );
}

/** @param wanted the key to try; the smallest image of `page` where it is not said */
export async function examineOriginal(
  bucket: Bucket,
  wanted: string | undefined,
  page: ListPage | undefined,
): Promise<Finding> {
  const key = wanted ?? sample(page)?.key;
  if (key === undefined) {
    return finding("original", "unknown", "no image is among the first 1,000 keys; say one to try with --key");
  }
  const head = await tried(() => bucket.head(key));
  if (!head.ok) {
    const need = head.error.status === 403 ? ` (${needOf("cos", "head")})` : "";
    return finding("original", isPassing(head.error) ? "unknown" : "bad", `HEAD${need} failed: ${head.error.message}`);
  }
  const fetched = await tried(() => readBytes(bucket, key, { originImage: true }));
  if (!fetched.ok) {
    const need = fetched.error.status === 403 ? ` (${needOf("cos", "get")})` : "";
    return finding(
      "original",
      isPassing(fetched.error) ? "unknown" : "bad",
      `originImage${need} failed: ${fetched.error.message}`,
    );
  }
  return judged(key, head.value, fetched.value);
}

/** Is it the object that the HEAD told of? */
function judged(key: string, head: ObjectInfo, { info, size, md5, crc64 }: ReadBytes): Finding {
  const what = `originImage of ${quote(key)} brought ${counted(size, "byte")}`;
  if (info.errNo !== undefined && info.errNo !== 0) {
    const why = info.errNo === -6101 ? "a placeholder (the 4xx image setting)" : "the image service failed";
    return finding("original", "bad", `${what} and X-ErrNo ${info.errNo}: ${why}`);
  }
  const isSimple = isMd5(head.etag) && !isEncrypted(head);
  const wrong =
    (head.size !== undefined && head.size !== size) ||
    (head.crc64 === undefined ? isSimple && !sameEtag(head.etag, md5) : head.crc64 !== crc64);
  if (wrong) {
    return finding(
      "original",
      "bad",
      `${what} that are not the object's; perhaps a placeholder (the 4xx image setting)`,
    );
  }
  if (head.crc64 === undefined && !isSimple) {
    return finding("original", "warning", `${what}, which nothing proves: its HEAD tells neither a CRC64 nor an MD5`);
  }
  const told = [
    ...(info.etag === undefined ? [] : ["ETag"]),
    ...(info.crc64 === undefined ? [] : ["CRC64"]),
    ...(info.lastModified === undefined ? [] : ["Last-Modified"]),
  ];
  const carries = told.length === 0 ? "none of the object's headers" : told.join(", ");
  const by = head.crc64 === undefined ? "MD5" : "CRC64";
  return finding("original", "good", `${what}, proven to be the object's by their ${by}; the reply carries ${carries}`);
}
