/** Whether an object in an archive class is restored: nothing is given out of it before (document 436/7745, x-cos-restore). */
import type { Headers, ObjectInfo } from "../../objects/bucket.ts";
import { isArchiveClass, isTieringClass } from "../../vocabulary/choices.ts";

/** Can an object be read? `unasked`: it is said to be in an archive class, and only a HEAD tells whether it is restored. */
export type Readable = "yes" | "no" | "being-restored" | "unasked";

/** Is it in an archive tier of a class that has tiers? Restored, it goes to another tier for good: no copy is made, and no days are asked for (436/12633). */
export const isInArchiveTier = (headers: Headers): boolean =>
  isTieringClass(headers["x-cos-storage-class"]) && isArchiveClass(headers["x-cos-storage-tier"]);

/** The archive class in which an object lies by its HEAD, of tiers the tier; undefined where it lies in none. */
export function archivedAs(headers: Headers): string | undefined {
  if (isInArchiveTier(headers)) return headers["x-cos-storage-tier"];
  const storageClass = headers["x-cos-storage-class"];
  return isArchiveClass(storageClass) ? storageClass : undefined;
}

/** @param head the newest HEAD of the object; where there was none, `storageClass` is what a listing or an inventory says */
export function readable(head: Pick<ObjectInfo, "headers"> | undefined, storageClass: string | undefined): Readable {
  if (head === undefined) return isArchiveClass(storageClass) ? "unasked" : "yes";
  if (archivedAs(head.headers) === undefined) return "yes";
  // `ongoing-request="false", expiry-date="…"` once it is restored, for as long as it is.
  const restore = head.headers["x-cos-restore"];
  const [, ongoing] = /ongoing-request\s*=\s*"?(true|false)/i.exec(restore ?? "") ?? [];
  if (ongoing === undefined) return "no";
  return ongoing.toLowerCase() === "true" ? "being-restored" : "yes";
}
