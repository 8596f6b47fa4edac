/**
 * GET Bucket, List Objects v1 (document 436/7734): pages of at most 1,000, in the order of the keys' UTF-8 bytes. Always
 * with encoding-type=url, because a key may hold characters that XML can't.
 */

import type { ListedObject, ListOptions, ListPage } from "../../objects/bucket.ts";
import { malformedReply, subject } from "../exchange/error-from-reply.ts";
import { timeOf, unquote, wholeNumber } from "../exchange/object-info.ts";
import type { Query } from "../exchange/request-target.ts";
import { elements, parseXml, textOf, type XmlElement } from "../exchange/xml.ts";
import { scanListing } from "./scan.ts";

export function listQuery(options: ListOptions): Query {
  const query: [string, string][] = [["encoding-type", "url"]];
  if (options.prefix !== undefined && options.prefix !== "") query.push(["prefix", options.prefix]);
  if (options.marker !== undefined && options.marker !== "") query.push(["marker", options.marker]);
  if (options.delimiter !== undefined && options.delimiter !== "") query.push(["delimiter", options.delimiter]);
  if (options.maxKeys !== undefined) query.push(["max-keys", String(options.maxKeys)]);
  return query;
}

/**
 * Reads one page. `date` is the reply's Date header.
 *
 * @throws BucketError `MalformedReply`
 */
export function parseListing(text: string, bucket: string, status: number, date: string | undefined): ListPage {
  return listPage(scanListing(text) ?? parsedListing(text), bucket, status, date);
}

/** The root of a listing as the parser for any XML reads it; undefined where the text is no listing. */
export function parsedListing(text: string): XmlElement | undefined {
  const document = parseXml(text);
  return document?.name === "ListBucketResult" ? document.root : undefined;
}

/** What the root says, whoever read it; as `parseListing`. */
export function listPage(
  root: XmlElement | undefined,
  bucket: string,
  status: number,
  date: string | undefined,
): ListPage {
  const malformed = (why: string) => malformedReply(`list ${subject("GET", bucket)}`, status, why);
  if (root === undefined) throw malformed("the reply is not a listing");
  const encoded = textOf(root, "EncodingType")?.trim() === "url";
  const decode = (value: string): string => {
    if (!encoded || !value.includes("%")) return value;
    try {
      return decodeURIComponent(value);
    } catch {
      throw malformed(`the key ${JSON.stringify(value)} is not URL-encoded UTF-8`);
    }
  };
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
  return { objects, prefixes, nextMarker: nextMarker(root, objects, prefixes, decode), serverTime: timeOf(date) };
}

function nextMarker(
  root: XmlElement,
  objects: readonly ListedObject[],
  prefixes: readonly string[],
  decode: (value: string) => string,
): string | undefined {
  if (textOf(root, "IsTruncated")?.trim() !== "true") return undefined;
  const said = textOf(root, "NextMarker");
  if (said) return decode(said);
  // A service that says there is more, but not where: it goes on after the last of what it gave.
  const last = [objects.at(-1)?.key, prefixes.at(-1)].filter((name) => name !== undefined);
  return last.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).at(-1);
}
