/** What a bucket in memory can be told, and asked, beyond the `Bucket` port. */

import type { Bucket, Headers } from "../../src/objects/bucket.ts";
import type { Clock } from "../../src/vocabulary/clock.ts";
import type { OnRequest, RequestType, SeenRequest } from "./bucket-fault.ts";
import type { StoredObject } from "./memory-objects.ts";
import type { Brings } from "./memory-reply.ts";

export interface MemoryBucketOptions {
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** NAME-APPID */
  readonly name?: string;
  readonly region?: string;
  readonly onRequest?: OnRequest;
  /** Bodies that stream do so in chunks of this many bytes. Default 4 KiB. */
  readonly chunkBytes?: number;
}

/** What no document settles, or an owner may set; may be changed at any time. */
export interface MemoryBucketSwitches {
  /** What the answer to an originImage GET brings. */
  originalBrings: Brings;
  /** An empty original: served, or refused with X-ErrNo -40168. */
  emptyOriginal: "serve" | "refuse";
  /** Older versions are kept and forbid-overwrite is ignored. */
  versioning: boolean;
  /** Versioning is or was on: forbid-overwrite is ignored (document 436/7749). */
  everVersioned: boolean;
  /** ETag of an object that is encrypted (document 436/33703: it may or may not be an MD5). */
  encryptedEtag: "md5" | "opaque";
  /** New objects get no CRC64. */
  withoutCrc64: boolean;
  /** How long a restore from an archive class takes, milliseconds. */
  restoreMs: number;
}

export interface SeedOptions {
  readonly headers?: Headers;
  /** Instead of the MD5. */
  readonly etag?: string;
  /** null: none. */
  readonly crc64?: string | null;
  readonly lastModified?: number;
}

export interface MemoryBucket extends Bucket {
  readonly switches: MemoryBucketSwitches;
  /** Replaces the hook. */
  onRequest(hook: OnRequest | undefined): void;
  /** Every request, in the order of arrival. */
  readonly log: readonly SeenRequest[];
  /** Requests of a type, of one key where it is given. */
  count(type: RequestType, key?: string): number;
  forgetLog(): void;
  /** Puts an object without a request. */
  seed(key: string, bytes: Buffer | string, options?: SeedOptions): StoredObject;
  object(key: string): StoredObject | undefined;
  removeObject(key: string): void;
  keys(): readonly string[];
  /** How often a restore of the key was begun, and how often a fetch of it was refused because it was not restored. */
  restoresBegun(key: string): number;
  refusedFrozen(key: string): number;
  /** Multipart uploads neither completed nor aborted. */
  openUploads(): number;
}
