/**
 * ListObjectsV2 (Amazon S3 API Reference): pages of at most 1,000, in the order of the keys' UTF-8 bytes. Always with encoding-type=url, because
 * a key may hold characters that XML can't; a space may come as `+` then. A page begins behind a key (start-after), never by a token: who
 * goes on may be another process.
 */
import { malformedReply, subject } from "../../cos/exchange/error-from-reply.ts";
import { timeOf } from "../../cos/exchange/object-info.ts";
import type { Query } from "../../cos/exchange/request-target.ts";
import { parseXml, textOf } from "../../cos/exchange/xml.ts";
import { contentsOf, isTruncated, lastOf } from "../../cos/listing/contents.ts";
import type { ListOptions, ListPage } from "../../objects/bucket.ts";

/** Behind every key that begins so: no character is greater. */
const LAST = "\u{10ffff}";

export function listQuery({ prefix, marker, delimiter, maxKeys }: ListOptions): Query {
  const query: [string, string][] = [
    ["list-type", "2"],
    ["encoding-type", "url"],
  ];
  if (prefix) query.push(["prefix", prefix]);
  if (marker) query.push(["start-after", delimiter && marker.endsWith(delimiter) ? marker + LAST : marker]);
  if (delimiter) query.push(["delimiter", delimiter]);
  if (maxKeys !== undefined) query.push(["max-keys", String(maxKeys)]);
  return query;
}

/** @param date the reply's Date header. Throws BucketError `MalformedReply`. */
export function parseListing(text: string, bucket: string, status: number, date: string | undefined): ListPage {
  const malformed = (why: string) => malformedReply(`list ${subject("GET", bucket)}`, status, why);
  const document = parseXml(text);
  if (document?.name !== "ListBucketResult") throw malformed("the reply is not a listing");
  const { root } = document;
  const encoded = textOf(root, "EncodingType")?.trim() === "url";
  const decode = (value: string): string => {
    if (!encoded) return value;
    try {
      return decodeURIComponent(value.replaceAll("+", " "));
    } catch {
      throw malformed(`the key ${JSON.stringify(value)} is not URL-encoded UTF-8`);
    }
  };
  const contents = contentsOf(root, decode, malformed);
  const last = lastOf(contents);
  const more = isTruncated(root);
  if (more && last === undefined) throw malformed("the listing goes on, but this page of it is empty");
  return { ...contents, nextMarker: more ? last : undefined, serverTime: timeOf(date) };
}
