/** GET Bucket Object versions (document 436/35521), in the order of UTF-8 bytes, of each key the newest first. */
import { urlEncode } from "../../cos/signing/signature.ts";
import { compareKeys } from "../../objects/key-order.ts";
import { type BucketExchange, parameter, type Reply, xmlReply } from "../protocol/exchange.ts";
import { escapeXml, xmlHead } from "../protocol/reply-xml.ts";
import { isObject } from "../store/bucket.ts";
import type { Version } from "../store/records.ts";
import { pageLength } from "./list-objects.ts";

export function listVersions(exchange: BucketExchange): Reply {
  const { bucket } = exchange;
  const isEncoded = parameter(exchange, "encoding-type") === "url";
  const show = isEncoded ? urlEncode : escapeXml;
  const prefix = parameter(exchange, "prefix") ?? "";
  const marker = parameter(exchange, "key-marker") ?? "";
  const versionMarker = parameter(exchange, "version-id-marker") ?? "";
  const most = pageLength(parameter(exchange, "max-keys"));
  const isBelow = (key: string) => compareKeys(key, prefix) < 0 || (marker !== "" && compareKeys(key, marker) < 0);

  const shown: { readonly version: Version; readonly isLatest: boolean }[] = [];
  let isMore = false;
  pages: for (const key of bucket.allKeys(isBelow)) {
    if (!key.startsWith(prefix)) break;
    let newest = bucket.versions(key).toReversed();
    if (key === marker) {
      const at = newest.findIndex((version) => idOf(version) === versionMarker);
      // Without a version, or one that is gone, it goes on behind the key.
      newest = versionMarker === "" || at === -1 ? [] : newest.slice(at + 1);
    }
    const latest = bucket.versions(key).at(-1);
    for (const version of newest) {
      if (shown.length === most) {
        isMore = true;
        break pages;
      }
      shown.push({ version, isLatest: version === latest });
    }
  }

  let text = `${xmlHead}<ListVersionsResult><Name>${bucket.name}</Name>`;
  if (isEncoded) text += "<EncodingType>url</EncodingType>";
  text += `<Prefix>${show(prefix)}</Prefix><KeyMarker>${show(marker)}</KeyMarker><VersionIdMarker>${escapeXml(versionMarker)}</VersionIdMarker>`;
  text += `<MaxKeys>${most}</MaxKeys><IsTruncated>${isMore}</IsTruncated>`;
  const last = shown.at(-1)?.version;
  if (isMore && last !== undefined) {
    text += `<NextKeyMarker>${show(last.key)}</NextKeyMarker><NextVersionIdMarker>${escapeXml(idOf(last))}</NextVersionIdMarker>`;
  }
  for (const { version, isLatest } of shown) {
    const name = isObject(version) ? "Version" : "DeleteMarker";
    text +=
      `<${name}><Key>${show(version.key)}</Key><VersionId>${escapeXml(idOf(version))}</VersionId><IsLatest>${isLatest}</IsLatest>` +
      `<LastModified>${new Date(version.modified).toISOString()}</LastModified>`;
    if (isObject(version)) {
      text += `<ETag>&quot;${version.etag}&quot;</ETag><Size>${version.size}</Size><StorageClass>${version.storageClass ?? "STANDARD"}</StorageClass>`;
    }
    text += `</${name}>`;
  }
  return xmlReply(`${text}</ListVersionsResult>`);
}

const idOf = (version: Version): string => version.versionId ?? "null";
