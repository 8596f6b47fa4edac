/**
 * GET Bucket, List Objects v1 (document 436/7734): pages of at most 1,000, in the order of the keys' UTF-8 bytes. Always
 * with encoding-type=url, because a key may hold characters that XML can't.
 */

import type { ListOptions, ListPage } from "../../objects/bucket.ts";
import { malformedReply, subject } from "../exchange/error-from-reply.ts";
import { timeOf } from "../exchange/object-info.ts";
import type { Query } from "../exchange/request-target.ts";
import { parseXml, textOf, type XmlElement } from "../exchange/xml.ts";
import { contentsOf, isTruncated, lastOf } from "./contents.ts";
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
  const contents = contentsOf(root, decode, malformed);
  return { ...contents, nextMarker: nextMarker(root, contents, decode), serverTime: timeOf(date) };
}

function nextMarker(
  root: XmlElement,
  contents: Parameters<typeof lastOf>[0],
  decode: (value: string) => string,
): string | undefined {
  if (!isTruncated(root)) return undefined;
  const said = textOf(root, "NextMarker");
  // A service that says there is more, but not where: it goes on after the last of what it gave.
  return said ? decode(said) : lastOf(contents);
}
