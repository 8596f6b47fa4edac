/**
 * What credentials must be allowed to do, by the name that the store's access management gives it: CAM's actions of COS (document
 * 436/31923) and of Cloud Infinite, IAM's of S3 (Service Authorization Reference, "Actions defined by Amazon S3"). The one place that spells them.
 */
import type { OtherStore } from "./address.ts";

/** A request, as the port to a bucket names it. */
export type Operation =
  | "get"
  | "head"
  | "list"
  | "put"
  | "delete"
  | "restore"
  | "createUpload"
  | "uploadPart"
  | "completeUpload"
  | "abortUpload"
  /** Does the bucket keep versions? */
  | "versioning"
  | "listVersions"
  | "getVersion"
  | ImageOperation;

/** A request about a bucket's images, which Cloud Infinite answers, and S3 has not. */
export type ImageOperation = "getProtection" | "setProtection" | "getSlim" | "getBinding";

type Names = Readonly<Record<Exclude<Operation, ImageOperation>, string>>;

const ofImages: Readonly<Record<ImageOperation, string>> = {
  getProtection: "ci:DescribeOriginProtect",
  setProtection: "ci:SetOriginProtect",
  getSlim: "ci:DescribeImageSlim",
  getBinding: "ci:DescribeCIBuckets",
};

const ofCos: Names = {
  get: "cos:GetObject",
  head: "cos:HeadObject",
  list: "cos:GetBucket",
  put: "cos:PutObject",
  delete: "cos:DeleteObject",
  restore: "cos:PostObjectRestore",
  createUpload: "cos:InitiateMultipartUpload",
  uploadPart: "cos:UploadPart",
  completeUpload: "cos:CompleteMultipartUpload",
  abortUpload: "cos:AbortMultipartUpload",
  versioning: "cos:GetBucketVersioning",
  listVersions: "cos:GetBucketObjectVersions",
  getVersion: "cos:GetObject",
};
/** A HEAD is a GetObject there, and what makes an object in parts a PutObject. */
const ofS3: Names = {
  get: "s3:GetObject",
  head: "s3:GetObject",
  list: "s3:ListBucket",
  put: "s3:PutObject",
  delete: "s3:DeleteObject",
  restore: "s3:RestoreObject",
  createUpload: "s3:PutObject",
  uploadPart: "s3:PutObject",
  completeUpload: "s3:PutObject",
  abortUpload: "s3:AbortMultipartUpload",
  versioning: "s3:GetBucketVersioning",
  listVersions: "s3:ListBucketVersions",
  getVersion: "s3:GetObjectVersion",
};
/** Who may do what in a folder is the system's matter, and has no names. */
const names: Readonly<Record<"cos" | OtherStore, Partial<Record<Operation, string>> | undefined>> = {
  cos: { ...ofCos, ...ofImages },
  s3: ofS3,
  file: undefined,
};

/** The actions of these requests, each once; none in a folder. */
export function actionsOf(store: "cos" | OtherStore, operations: readonly Operation[]): readonly string[] {
  const known = names[store];
  return [...new Set(operations.flatMap((operation) => known?.[operation] ?? []))];
}

/** `cos:HeadObject and cos:GetBucket`; undefined in a folder. */
export function needOf(store: "cos" | OtherStore, ...operations: readonly Operation[]): string | undefined {
  const actions = actionsOf(store, operations);
  return actions.length === 0 ? undefined : actions.join(" and ");
}
