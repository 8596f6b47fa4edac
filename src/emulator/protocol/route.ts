/** Which operation a request asks for: its method, whether it names a bucket and a key, its sub-resource. Pure. */
import type { Operation } from "../faults/operation.ts";
import type { Address } from "./address.ts";

/** Sub-resources COS has and this emulator has not. */
const NOT_SERVED = new Set(
  "accelerate acl append cors domain encryption intelligent-tiering inventory lifecycle location logging notification object-lock origin policy referer replication retention select tagging torrent website".split(
    " ",
  ),
);

/** Query names of download-time image processing; those with a value keep it after the slash of their name. */
const PROCESSING = /^(imageMogr2|imageView2|imageInfo|imageAve|imageSlim|exif|watermark)(\/|$)/;

export function isProcessing(query: Address["query"]): boolean {
  return query.some(([name, value]) => PROCESSING.test(name) || (name === "ci-process" && value !== "originImage"));
}

export function route(method: string, address: Address, isCopy: boolean): Operation {
  const { bucket, key, query } = address;
  const has = (name: string) => query.some(([parameter]) => parameter === name);
  const pick = (byMethod: Readonly<Record<string, Operation>>): Operation => byMethod[method] ?? "refused.method";
  if (bucket === undefined) return pick({ GET: "service.list" });
  if (query.some(([name, value]) => value === "" && NOT_SERVED.has(name))) return "refused.not-served";
  if (key === "") {
    if (address.service === "ci" && query.length === 0) return pick({ GET: "ci.status" });
    if (has("image-slim")) return pick({ GET: "slim.get", PUT: "slim.put", DELETE: "slim.delete" });
    if (has("origin-protect")) {
      return pick({ GET: "protection.get", PUT: "protection.put", DELETE: "protection.delete" });
    }
    if (has("versions")) return pick({ GET: "bucket.versions" });
    if (has("versioning")) return pick({ GET: "versioning.get", PUT: "versioning.put" });
    if (has("restore")) return "refused.method";
    if (has("uploads")) return pick({ GET: "multipart.list" });
    if (has("delete")) return pick({ POST: "objects.delete" });
    return pick({ GET: "bucket.list", HEAD: "bucket.head", PUT: "bucket.create", DELETE: "bucket.delete" });
  }
  if (has("restore")) return pick({ POST: "object.restore" });
  if (has("uploads")) return pick({ POST: "multipart.create" });
  if (has("uploadId")) {
    return pick({
      PUT: isCopy ? "multipart.part-copy" : "multipart.part",
      POST: "multipart.complete",
      DELETE: "multipart.abort",
      GET: "multipart.parts",
    });
  }
  let get: Operation = "object.get";
  if (query.some(([name, value]) => name === "ci-process" && value === "originImage")) get = "object.original";
  else if (isProcessing(query)) get = "object.processed";
  else if (has("style")) get = "object.styled";
  return pick({
    GET: get,
    HEAD: "object.head",
    PUT: isCopy ? "object.copy" : "object.put",
    DELETE: "object.delete",
  });
}
