/** What the journal of a bucket says, line by line. Everything a bucket holds is the fold of these lines. */
import type { Extent } from "./blobs.ts";

/** Where an object's bytes lie: nowhere (0 bytes), in one run, or in a chain of them, which a run of its own lists as JSON. */
export type BodyPlace =
  | { readonly kind: "empty" }
  | { readonly kind: "run"; readonly run: Extent }
  | { readonly kind: "chain"; readonly list: Extent };

export interface ObjectRecord {
  readonly key: string;
  readonly size: number;
  /** Without its quotes. */
  readonly etag: string;
  /** Unsigned decimal; absent where the object has none. */
  readonly crc64?: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
  readonly body: BodyPlace;
  /** What is kept and sent back as it came: Content-Type and its kin, x-cos-meta-*; lower-case names, latin1 values. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: STANDARD. */
  readonly storageClass?: string;
  readonly encryption?: string;
  readonly publicRead?: boolean;
  /** In a bucket that has, or had, versioning; `null` for what was stored while it was off. */
  readonly versionId?: string;
}

export interface DeleteMarker {
  readonly key: string;
  readonly versionId: string;
  readonly modified: number;
}

export interface PartRecord {
  readonly partNumber: number;
  /** Null where there are no bytes. */
  readonly run: Extent | null;
  readonly size: number;
  readonly etag: string;
  readonly crc64?: string;
  readonly modified: number;
}

/** A multipart upload that has been neither completed nor aborted. */
export interface Upload {
  readonly uploadId: string;
  readonly key: string;
  readonly started: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly storageClass?: string;
  readonly encryption?: string;
  readonly publicRead?: boolean;
}

export type JournalLine =
  /** `upload`: the multipart upload that this completes; `parts`: the part numbers whose blobs the object took over. */
  | {
      readonly op: "put";
      readonly object: ObjectRecord;
      readonly upload?: { readonly id: string; readonly parts: readonly number[] };
    }
  | { readonly op: "delete"; readonly key: string }
  | { readonly op: "marker"; readonly marker: DeleteMarker }
  | { readonly op: "erase"; readonly key: string; readonly versionId: string }
  | { readonly op: "upload"; readonly upload: Upload }
  | { readonly op: "part"; readonly uploadId: string; readonly part: PartRecord }
  | { readonly op: "abort"; readonly uploadId: string };
