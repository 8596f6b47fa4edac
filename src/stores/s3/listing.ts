/**
 * ListObjectsV2 (Amazon S3 API Reference): pages of at most 1,000, in the order of the keys' UTF-8 bytes. Always with encoding-type=url, because
 * a key may hold characters that XML can't; a space may come as `+` then. A page begins behind a key (start-after), not by a token: who
 * goes on may be another process. A token is followed where a page is empty and has more behind it, as of services that pass over what was
 * deleted. Not each service that speaks the protocol knows start-after, or has an order of keys at all (Storj's is that of encrypted keys): such a
 * listing is refused, or it would have no end, or holes.
 */
import { malformedReply, subject } from "../../cos/exchange/error-from-reply.ts";
import { timeOf } from "../../cos/exchange/object-info.ts";
import type { Query } from "../../cos/exchange/request-target.ts";
import { parseXml, textOf } from "../../cos/exchange/xml.ts";
import { contentsOf, isTruncated, lastOf } from "../../cos/listing/contents.ts";
import type { ListOptions, ListPage } from "../../objects/bucket.ts";
import { BucketError } from "../../objects/error.ts";
import { compareKeys } from "../../objects/key-order.ts";
import { entryOf } from "../../vocabulary/codes/catalogue.ts";

/** Behind every key that begins so: no character is greater. */
const LAST = "\u{10ffff}";

/** @param token where an empty page left off */
export function listQuery({ prefix, marker, delimiter, maxKeys }: ListOptions, token?: string): Query {
  const query: [string, string][] = [
    ["list-type", "2"],
    ["encoding-type", "url"],
  ];
  if (prefix) query.push(["prefix", prefix]);
  if (marker) query.push(["start-after", delimiter && marker.endsWith(delimiter) ? marker + LAST : marker]);
  if (delimiter) query.push(["delimiter", delimiter]);
  if (maxKeys !== undefined) query.push(["max-keys", String(maxKeys)]);
  if (token !== undefined) query.push(["continuation-token", token]);
  return query;
}

export interface ListReply {
  readonly bucket: string;
  readonly status: number;
  /** Its Date header. */
  readonly date: string | undefined;
  /** What was asked: `marker` is what it has to begin behind. */
  readonly asked: Pick<ListOptions, "marker">;
}

/** Throws BucketError `MalformedReply`, `UnorderedListing`. Undefined `page` is an empty one, behind which the listing goes on with this token. */
export function parseListing(
  text: string,
  { bucket, status, date, asked }: ListReply,
): { readonly page: ListPage } | { readonly page: undefined; readonly token: string } {
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
  const all = contentsOf(root, decode, malformed);
  const more = isTruncated(root);
  if (more && lastOf(all) === undefined) {
    const token = textOf(root, "NextContinuationToken")?.trim();
    if (token) return { page: undefined, token };
    throw malformed("the listing goes on, but this page of it is empty, and has no token to go on with");
  }
  const { marker = "" } = asked;
  // A folder that the marker is in may come again.
  const folders = all.prefixes.filter((prefix) => !marker.startsWith(prefix));
  for (const names of [all.objects.map(({ key }) => key), folders]) checkOrder(names, marker, subject("GET", bucket));
  // Some services list the marker itself once more.
  const page = {
    objects: all.objects.filter(({ key }) => key !== marker),
    prefixes: all.prefixes.filter((prefix) => prefix !== marker),
  };
  const nextMarker = more ? lastOf(page) : undefined;
  if (more && nextMarker === undefined) throw malformed("the listing goes on, but this page of it begins nowhere new");
  return { page: { ...page, nextMarker, serverTime: timeOf(date) } };
}

/** Throws BucketError `UnorderedListing`. */
function checkOrder(names: readonly string[], marker: string, what: string): void {
  let before = marker;
  for (const name of names) {
    if (compareKeys(name, before) < 0) {
      const happened =
        before === marker
          ? `begins with ${JSON.stringify(name)}, though it was asked for what comes behind ${JSON.stringify(marker)} (start-after)`
          : `has ${JSON.stringify(name)} after ${JSON.stringify(before)}, which is not the order of UTF-8`;
      throw new BucketError(`list ${what}: the listing ${happened}; ${entryOf("UnorderedListing")?.advice}`, {
        code: "UnorderedListing",
        status: 200,
        retryable: false,
        throttled: false,
      });
    }
    before = name;
  }
}
