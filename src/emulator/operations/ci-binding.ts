/** Is a bucket bound to Cloud Infinite: `GET /` of BUCKET.ci.REGION.myqcloud.com (document 460/97481), and what is refused where it is not. */
import type { Operation } from "../faults/operation.ts";
import { type BucketExchange, bytesReply, type Reply } from "../protocol/exchange.ts";
import { refusal } from "../protocol/refusal.ts";

export function ciStatus({ switches }: BucketExchange): Reply {
  return bytesReply(
    200,
    "application/json",
    Buffer.from(JSON.stringify({ CIStatus: switches.ciBound ? "on" : "off" })),
  );
}

/** What Cloud Infinite answers, and not the storage. */
const ofCloudInfinite: ReadonlySet<Operation> = new Set<Operation>([
  "object.original",
  "object.processed",
  "object.styled",
  "protection.get",
  "protection.put",
  "protection.delete",
  "slim.get",
  "slim.put",
  "slim.delete",
]);

export function refuseUnbound({ switches, operation }: BucketExchange): void {
  if (switches.ciBound || !ofCloudInfinite.has(operation)) return;
  throw refusal("AccessDenied", { message: "The bucket is not bound to Cloud Infinite." });
}
