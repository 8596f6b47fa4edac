/** Which requests a run sends where: what its credentials must be allowed, whatever a store calls that. */
import type { Operation } from "../../vocabulary/permissions.ts";
import type { Place } from "../messages/messages.ts";

export interface NeedsOfRun {
  readonly source: Place;
  readonly archive: Place;
  readonly ledger: Place;
  /** Are originals restored from archive classes? */
  readonly restores?: boolean | undefined;
  /** Where in the archive's bucket what is replaced is copied first. */
  readonly history?: string | undefined;
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
  /** Of a copy: what it is made of, in the archive, and what is written, in the history. */
  copied: ["get"],
  history: ["put"],
  ledger: ["get", "head", "put"],
} as const satisfies Record<string, readonly Operation[]>;
