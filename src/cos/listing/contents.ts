/** What a page of a listing holds: List Objects of COS and ListObjectsV2 of S3 write it the same way. */

import type { ListedObject, ListPage } from "../../objects/bucket.ts";
import { compareKeys } from "../../objects/key-order.ts";
import { timeOf, unquote, wholeNumber } from "../exchange/object-info.ts";
import { elements, textOf, type XmlElement } from "../exchange/xml.ts";

type Contents = Pick<ListPage, "objects" | "prefixes">;

/** @param malformed makes the error that is thrown of what lacks its key, size or time */
export function contentsOf(
  root: XmlElement,
  decode: (value: string) => string,
  malformed: (why: string) => Error,
): Contents {
  const objects = elements(root, "Contents").map((contents): ListedObject => {
    const key = textOf(contents, "Key");
    const size = wholeNumber(textOf(contents, "Size")?.trim());
    const lastModified = timeOf(textOf(contents, "LastModified")?.trim());
    if (!key || size === undefined || lastModified === undefined) {
      throw malformed(`an entry lacks its Key, Size or LastModified (key ${JSON.stringify(key)})`);
    }
    return {
      key: decode(key),
      size,
      etag: unquote(textOf(contents, "ETag")?.trim()) ?? "",
      lastModified,
      storageClass: textOf(contents, "StorageClass")?.trim() || undefined,
    };
  });
  const prefixes = elements(root, "CommonPrefixes").flatMap((each) => {
    const prefix = textOf(each, "Prefix");
    return prefix ? [decode(prefix)] : [];
  });
  return { objects, prefixes };
}

/** The last key or prefix of a page: behind it the listing goes on. Undefined of an empty page. */
export function lastOf({ objects, prefixes }: Contents): string | undefined {
  return [objects.at(-1)?.key, prefixes.at(-1)]
    .filter((name) => name !== undefined)
    .sort(compareKeys)
    .at(-1);
}

/** Is there more behind this page? */
export const isTruncated = (root: XmlElement): boolean => textOf(root, "IsTruncated")?.trim() === "true";
