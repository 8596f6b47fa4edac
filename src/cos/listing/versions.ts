/**
 * Versions of a bucket's objects: whether they are kept (GET Bucket versioning, document 436/19888) and which there are (GET Bucket Object
 * versions, document 436/35521), by pages of at most 1,000, in the order of the keys' UTF-8 bytes and of each key the newest first. S3's
 * documents are the same.
 */
import type { ListedVersion, Versioning, VersionsOptions, VersionsPage } from "../../objects/versions.ts";
import { malformedReply, subject } from "../exchange/error-from-reply.ts";
import { timeOf, unquote, wholeNumber } from "../exchange/object-info.ts";
import type { Query } from "../exchange/request-target.ts";
import { elements, parseXml, textOf, type XmlElement } from "../exchange/xml.ts";

export const versioningQuery: Query = [["versioning", ""]];

/** @throws BucketError `MalformedReply` */
export function parseVersioning(text: string, bucket: string, status: number): Versioning {
  const document = parseXml(text);
  if (document?.name !== "VersioningConfiguration") {
    throw malformedReply(`versioning of ${subject("GET", bucket)}`, status, "the reply is no VersioningConfiguration");
  }
  const said = textOf(document.root, "Status")?.trim();
  if (said === "Enabled") return "on";
  return said === "Suspended" ? "suspended" : "never";
}

export function versionsQuery({ prefix, after, maxKeys }: VersionsOptions): Query {
  const query: [string, string][] = [
    ["versions", ""],
    ["encoding-type", "url"],
  ];
  if (prefix) query.push(["prefix", prefix]);
  if (after !== undefined) {
    query.push(["key-marker", after.key]);
    if (after.versionId !== undefined) query.push(["version-id-marker", after.versionId]);
  }
  if (maxKeys !== undefined) query.push(["max-keys", String(maxKeys)]);
  return query;
}

/** Reads one page. Throws BucketError `MalformedReply`. */
export function parseVersions(text: string, bucket: string, status: number, isPlusSpace: boolean): VersionsPage {
  const malformed = (why: string) => malformedReply(`versions of ${subject("GET", bucket)}`, status, why);
  const document = parseXml(text);
  if (document?.name !== "ListVersionsResult") throw malformed("the reply is no listing of versions");
  const { root } = document;
  const encoded = textOf(root, "EncodingType")?.trim() === "url";
  const decode = (value: string): string => {
    if (!encoded) return value;
    try {
      return decodeURIComponent(isPlusSpace ? value.replaceAll("+", " ") : value);
    } catch {
      throw malformed(`the key ${JSON.stringify(value)} is not URL-encoded UTF-8`);
    }
  };
  const read = (element: XmlElement, isDeleted: boolean): ListedVersion => {
    const key = textOf(element, "Key");
    const versionId = textOf(element, "VersionId")?.trim();
    const lastModified = timeOf(textOf(element, "LastModified")?.trim());
    const size = isDeleted ? 0 : wholeNumber(textOf(element, "Size")?.trim());
    if (!key || !versionId || lastModified === undefined || size === undefined) {
      throw malformed(`an entry lacks its Key, VersionId, LastModified or Size (key ${JSON.stringify(key)})`);
    }
    return {
      key: decode(key),
      versionId,
      isDeleted,
      isLatest: textOf(element, "IsLatest")?.trim() === "true",
      size,
      etag: unquote(textOf(element, "ETag")?.trim()) ?? "",
      lastModified,
      storageClass: textOf(element, "StorageClass")?.trim() || undefined,
    };
  };
  const versions = [
    ...elements(root, "Version").map((each) => read(each, false)),
    ...elements(root, "DeleteMarker").map((each) => read(each, true)),
  ];
  const isMore = textOf(root, "IsTruncated")?.trim() === "true";
  const key = textOf(root, "NextKeyMarker");
  if (isMore && !key) throw malformed("the listing goes on, and the page does not say where");
  const versionId = textOf(root, "NextVersionIdMarker")?.trim() || undefined;
  return { versions, next: isMore && key ? { key: decode(key), versionId } : undefined };
}
