/** Whether an object in an archive class is restored: nothing is given out of it before (document 436/7745, x-cos-restore). */
import type { ObjectInfo } from "../../objects/bucket.ts";
import { isArchiveClass } from "../../vocabulary/choices.ts";

/** Can an object be read? `unasked`: it is said to be in an archive class, and only a HEAD tells whether it is restored. */
export type Readable = "yes" | "no" | "being-restored" | "unasked";

/** @param head the newest HEAD of the object; where there was none, `storageClass` is what a listing or an inventory says */
export function readable(head: Pick<ObjectInfo, "headers"> | undefined, storageClass: string | undefined): Readable {
  if (head === undefined) return isArchiveClass(storageClass) ? "unasked" : "yes";
  if (!isArchiveClass(head.headers["x-cos-storage-class"])) return "yes";
  // `ongoing-request="false", expiry-date="…"` once it is restored, for as long as it is.
  const restore = head.headers["x-cos-restore"];
  const [, ongoing] = /ongoing-request\s*=\s*"?(true|false)/i.exec(restore ?? "") ?? [];
  if (ongoing === undefined) return "no";
  return ongoing.toLowerCase() === "true" ? "being-restored" : "yes";
}
