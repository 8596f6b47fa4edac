/** GET Bucket (List Objects) v1 (document 436/7734), in the order of UTF-8 bytes. */
import { urlEncode } from "../../cos/signing/signature.ts";
import { compareKeys } from "../../objects/key-order.ts";
import { keysPerPage } from "../../vocabulary/limits.ts";
import { type BucketExchange, parameter, type Reply, xmlReply } from "../protocol/exchange.ts";
import { refusal } from "../protocol/refusal.ts";
import { escapeXml, xmlHead } from "../protocol/reply-xml.ts";
import type { ObjectRecord } from "../store/records.ts";

interface Page {
  readonly objects: readonly ObjectRecord[];
  readonly prefixes: readonly string[];
  readonly nextMarker: string | undefined;
}

/** `max-keys` and its kin: 1 to 1,000, more is taken as 1,000; a refusal InvalidArgument for what is no number. */
export function pageLength(text: string | undefined): number {
  if (text === undefined || text === "") return keysPerPage;
  if (!/^\d{1,9}$/.test(text))
    throw refusal("InvalidArgument", { message: "max-keys must be a number from 0 to 1000." });
  return Math.min(Number(text), keysPerPage);
}

function page(exchange: BucketExchange, prefix: string, marker: string, delimiter: string, maxKeys: number): Page {
  const { bucket, now, switches } = exchange;
  const objects: ObjectRecord[] = [];
  const prefixes: string[] = [];
  let last = "";
  let isBelow = (key: string) => compareKeys(key, prefix) < 0 || (marker !== "" && compareKeys(key, marker) <= 0);
  if (maxKeys === 0) return { objects, prefixes, nextMarker: undefined };
  for (;;) {
    let jumped = false;
    for (const object of bucket.objects(isBelow)) {
      const { key } = object;
      if (!key.startsWith(prefix)) break;
      const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      const group = cut === -1 ? undefined : key.slice(0, cut + delimiter.length);
      if (switches.listLagMs > 0 && object.modified > now - switches.listLagMs) continue;
      // A group that ends at or before the marker was on an earlier page.
      const isOld = group !== undefined && marker !== "" && compareKeys(group, marker) <= 0;
      if (!isOld) {
        if (objects.length + prefixes.length === maxKeys) return { objects, prefixes, nextMarker: last };
        if (group !== undefined) prefixes.push(group);
        else objects.push(object);
        last = group ?? key;
      }
      if (group !== undefined) {
        isBelow = (other) => compareKeys(other, group) < 0 || other.startsWith(group);
        jumped = true;
        break;
      }
    }
    if (!jumped) return { objects, prefixes, nextMarker: undefined };
  }
}

export function listObjects(exchange: BucketExchange): Reply {
  const encodingType = parameter(exchange, "encoding-type");
  if (encodingType !== undefined && encodingType !== "" && encodingType !== "url") {
    throw refusal("InvalidArgument", { message: "encoding-type must be url." });
  }
  const show = encodingType === "url" ? urlEncode : escapeXml;
  const prefix = parameter(exchange, "prefix") ?? "";
  const marker = parameter(exchange, "marker") ?? "";
  const delimiter = parameter(exchange, "delimiter") ?? "";
  const maxKeys = pageLength(parameter(exchange, "max-keys"));
  const { objects, prefixes, nextMarker } = page(exchange, prefix, marker, delimiter, maxKeys);

  let text = `${xmlHead}<ListBucketResult><Name>${exchange.bucket.name}</Name>`;
  if (encodingType === "url") text += "<EncodingType>url</EncodingType>";
  text += `<Prefix>${show(prefix)}</Prefix><Marker>${show(marker)}</Marker><MaxKeys>${maxKeys}</MaxKeys>`;
  if (delimiter !== "") text += `<Delimiter>${show(delimiter)}</Delimiter>`;
  text += `<IsTruncated>${nextMarker !== undefined}</IsTruncated>`;
  if (nextMarker !== undefined) text += `<NextMarker>${show(nextMarker)}</NextMarker>`;
  const owner = exchange.bucket.name.slice(exchange.bucket.name.lastIndexOf("-") + 1);
  for (const object of objects) {
    text +=
      `<Contents><Key>${show(object.key)}</Key><LastModified>${new Date(object.modified).toISOString()}</LastModified>` +
      `<ETag>&quot;${object.etag}&quot;</ETag><Size>${object.size}</Size>` +
      `<Owner><ID>${owner}</ID><DisplayName>${owner}</DisplayName></Owner>` +
      `<StorageClass>${object.storageClass ?? "STANDARD"}</StorageClass></Contents>`;
  }
  for (const group of prefixes) text += `<CommonPrefixes><Prefix>${show(group)}</Prefix></CommonPrefixes>`;
  return xmlReply(`${text}</ListBucketResult>`);
}
