/** The types of requests: how they are counted, and how a fault plan tells them apart. */

export const operations = [
  "service.list",
  "bucket.create",
  "bucket.head",
  "bucket.list",
  "bucket.delete",
  "versioning.get",
  "versioning.put",
  "protection.get",
  "protection.put",
  "protection.delete",
  "slim.get",
  "slim.put",
  "slim.delete",
  "ci.status",
  "objects.delete",
  "object.get",
  "object.original",
  "object.processed",
  "object.styled",
  "object.head",
  "object.put",
  "object.copy",
  "object.delete",
  "multipart.create",
  "multipart.part",
  "multipart.part-copy",
  "multipart.complete",
  "multipart.abort",
  "multipart.parts",
  "multipart.list",
  "refused.method",
  "refused.not-served",
] as const;

/** The type of a request, as counted. */
export type Operation = (typeof operations)[number];
