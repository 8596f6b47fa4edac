/**
 * From a parsed request to its reply: the order of checks. Who asks (signature), what for (bucket), may they (anonymous
 * requests, budgets), then the operation. Everything that refuses does so by throwing a Refusal.
 */

import type { Operation } from "../faults/operation.ts";
import type { Budget } from "../faults/request-budget.ts";
import { standInPicture } from "../faults/stand-in-picture.ts";
import type { Switches } from "../faults/switches.ts";
import type { Identity } from "../protocol/authorize.ts";
import { type BucketExchange, bytesReply, type Exchange, type Reply } from "../protocol/exchange.ts";
import { Refusal, refusal } from "../protocol/refusal.ts";
import { findBucket } from "../store/bucket.ts";
import { createBucket, deleteBucket, getVersioning, headBucket, listBuckets, putVersioning } from "./buckets.ts";
import { ciStatus, refuseUnbound } from "./ci-binding.ts";
import { completeUpload } from "./complete-upload.ts";
import { copyObject } from "./copy-object.ts";
import { deleteObject, deleteObjects } from "./delete-object.ts";
import { deleteImageSlim, getImageSlim, putImageSlim } from "./image-slim.ts";
import { listObjects } from "./list-objects.ts";
import { listVersions } from "./list-versions.ts";
import { abortUpload, copyPart, createUpload, listParts, listUploads, uploadPart } from "./multipart.ts";
import { deleteOriginProtect, getOriginProtect, putOriginProtect } from "./origin-protect.ts";
import { putObject } from "./put-object.ts";
import { getObject, headObject, isImagePath, mayRead } from "./read-object.ts";
import { restoreObject } from "./restore-object.ts";

type OnBucket = (exchange: BucketExchange) => Reply | Promise<Reply>;

const onBucket: Partial<Record<Operation, OnBucket>> = {
  "bucket.head": headBucket,
  "bucket.list": listObjects,
  "bucket.delete": deleteBucket,
  "bucket.versions": listVersions,
  "versioning.get": getVersioning,
  "versioning.put": putVersioning,
  "protection.get": getOriginProtect,
  "protection.put": putOriginProtect,
  "protection.delete": deleteOriginProtect,
  "slim.get": getImageSlim,
  "slim.put": putImageSlim,
  "slim.delete": deleteImageSlim,
  "ci.status": ciStatus,
  "objects.delete": deleteObjects,
  "object.get": getObject,
  "object.original": getObject,
  "object.processed": getObject,
  "object.styled": getObject,
  "object.head": headObject,
  "object.put": putObject,
  "object.copy": copyObject,
  "object.restore": restoreObject,
  "object.delete": deleteObject,
  "multipart.create": createUpload,
  "multipart.part": uploadPart,
  "multipart.part-copy": copyPart,
  "multipart.complete": completeUpload,
  "multipart.abort": abortUpload,
  "multipart.parts": listParts,
  "multipart.list": listUploads,
};

/** Operations that look after anonymous requests themselves; of the others a few are open in a public-read bucket. */
const DECIDES_ITSELF = new Set<Operation>([
  "object.get",
  "object.original",
  "object.processed",
  "object.styled",
  "object.head",
]);
const OPEN_IN_PUBLIC = new Set<Operation>(["bucket.list", "bucket.head"]);

function toBucket(exchange: Exchange): BucketExchange {
  const { address, store } = exchange;
  const bucket = findBucket(store, address.bucket ?? "");
  if (!bucket) throw refusal("NoSuchBucket");
  if (address.region === "accelerate") throw refusal("BucketAccelerateNotEnabled");
  const { region } = bucket.settings;
  if (region !== undefined && address.region !== undefined && region !== address.region) throw refusal("NoSuchBucket");
  return { ...exchange, bucket };
}

function checkBudgets(exchange: BucketExchange, budget: Budget): void {
  const { switches, bucket, now, operation } = exchange;
  if (!budget(`bucket ${bucket.name}`, switches.bucketRequestsPerSecond, now)) throw refusal("SlowDown");
  if (operation !== "object.original") return;
  if (!budget(`originals ${bucket.name}`, switches.originImageRequestsPerSecond, now)) {
    throw refusal("SlowDown", { headers: { "X-ErrNo": "-29214" } });
  }
}

/** `authorize` is called here, because its place in the order of checks matters. */
export async function serve(plain: Exchange, authorize: () => Identity, budget: Budget): Promise<Reply> {
  if (plain.operation === "refused.not-served") {
    throw refusal("NotImplemented", {
      message: `This emulator does not serve ${plain.address.query.map(([name]) => `?${name}`).join(" ")}.`,
    });
  }
  if (plain.operation === "refused.method") throw refusal("MethodNotAllowed");
  if (plain.operation === "service.list" || plain.operation === "bucket.create") {
    const exchange = { ...plain, identity: authorize() };
    if (exchange.identity.kind === "anonymous") throw refusal("AccessDenied");
    return plain.operation === "service.list" ? listBuckets(exchange) : createBucket(exchange);
  }
  const unsigned = toBucket(plain);
  try {
    const exchange = { ...unsigned, identity: authorize() };
    checkBudgets(exchange, budget);
    if (exchange.identity.kind === "anonymous" && !DECIDES_ITSELF.has(exchange.operation)) {
      const open = OPEN_IN_PUBLIC.has(exchange.operation) && mayRead(exchange);
      if (!open) throw refusal("AccessDenied");
    }
    refuseUnbound(exchange);
    const operate = onBucket[exchange.operation];
    if (!operate) throw refusal("MethodNotAllowed");
    return await operate(exchange);
  } catch (error) {
    if (error instanceof Refusal && showsPlaceholder(unsigned, error))
      return placeholderReply(unsigned.switches, error);
    throw error;
  }
}

function showsPlaceholder(exchange: BucketExchange, { details }: Refusal): boolean {
  const is4xx = details.status >= 400 && details.status < 500;
  return is4xx && exchange.switches.fourXxDisplay === "placeholder" && isImagePath(exchange);
}

/** HTTP 200 and a picture, as the "4xx image setting" answers. */
export function placeholderReply({ placeholderSendsErrNo }: Switches, refused?: Refusal): Reply {
  const picture = standInPicture("placeholder of the 4xx image setting");
  const headers = placeholderSendsErrNo ? { "X-Errno": "-6101" } : withoutErrNo(refused?.details.headers);
  return bytesReply(200, "image/png", picture, headers);
}

function withoutErrNo(headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "x-errno"));
}
