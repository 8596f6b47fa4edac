/** Which requests a run sends where: what its credentials must be allowed, whatever a store calls that. */
import type { Operation } from "../../vocabulary/permissions.ts";
import type { Place } from "../messages/messages.ts";

export interface NeedsOfRun {
  readonly source: Place;
  readonly archive: Place;
  readonly ledger: Place;
  /** Are originals restored from archive classes? */
  readonly restores?: boolean | undefined;
  /** A manifest that lies in a bucket. An inventory's files lie beside it, wherever its manifest.json says. */
  readonly manifest?:
    | { readonly bucket: string; readonly region: string; readonly key: string; readonly isInventory: boolean }
    | undefined;
}

/**
 * On objects; buckets of all three are listed besides. originImage needs no action of the image service, once that is bound to the bucket.
 * Above 5 GB an upload is multipart.
 */
export const operationsOf = {
  source: ["get", "head"],
  /** Costs money, so only of who asks for it. */
  restoring: ["restore"],
  archive: ["put", "head", "createUpload", "uploadPart", "completeUpload", "abortUpload"],
  ledger: ["get", "head", "put"],
} as const satisfies Record<string, readonly Operation[]>;
