/**
 * The port through which everything above speaks to one bucket. `cos/client.ts` implements it over HTTP, `stores/` for what is no COS; the
 * simulation implements it in memory. Each call is ONE request, never retried here: who calls decides (policy/retry.ts), so that
 * every request can be counted. All failures are BucketError, their codes are COS's: NoSuchKey (404), FileAlreadyExists (409), BadDigest (400),
 * PreconditionFailed (412), NoSuchBucket (404), whatever the store calls them.
 *
 * Headers of objects have COS's names on both ways, `x-cos-meta-*`, `x-cos-storage-class`, `x-cos-server-side-encryption` among them; a store
 * with names of its own translates.
 */
import type { Body, BodyStream, Headers, Lease, Standing } from "../http/port/http.ts";
import type { RestoreTier } from "../vocabulary/choices.ts";
import type { Disk } from "./disk.ts";
import type { StoreOffers } from "./offers.ts";
import type { Versioning, VersionsOptions, VersionsPage } from "./versions.ts";

export {
  type Body,
  type BodySource,
  type BodyStream,
  type Headers,
  type HeldBody,
  heldLength,
  isHeld,
  type Standing,
} from "../http/port/http.ts";

/** What a GET or a HEAD says of an object. Absent where the reply does not say. */
export interface ObjectInfo {
  readonly status: number;
  readonly headers: Headers;
  /** Content-Length in bytes. */
  readonly size?: number | undefined;
  /** ETag without its quotes. */
  readonly etag?: string | undefined;
  /** x-cos-hash-crc64ecma, unsigned decimal. */
  readonly crc64?: string | undefined;
  /** Of a store that tells no CRC64: the one that its bytes were proven by before they were stored, as its own metadata says. */
  readonly provenCrc64?: string | undefined;
  /** Last-Modified, milliseconds since the epoch. */
  readonly lastModified?: number | undefined;
  readonly versionId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly errNo?: number | undefined;
  /** Of what says so: to be looked at once more before what follows from it is final. */
  readonly standing?: Standing | undefined;
}

/**
 * A body up to `bufferUpTo` bytes arrives whole as `bytes`; a larger one, or one of unknown length, as `stream`, which
 * must be read to its end or destroyed. A stream that ends before Content-Length, or breaks, errors with a BucketError.
 */
export type ObjectResponse = ObjectInfo &
  (
    | {
        readonly kind: "bytes";
        readonly bytes: Buffer;
        /** Only where `inPieces` was asked: what comes after `bytes`. */
        readonly more?: readonly Buffer[] | undefined;
        /** Of the memory that they lie in. */
        readonly lease?: Lease | undefined;
        readonly stream?: undefined;
      }
    | { readonly kind: "stream"; readonly stream: BodyStream; readonly bytes?: undefined; readonly more?: undefined }
  );

/** What a GET may say. */
export interface GetOptions {
  /** Ask for the original behind Original Image Protection: `?ci-process=originImage` (document 1045/73029). */
  readonly originImage?: boolean;
  readonly versionId?: string | undefined;
  /** A body of at most this many bytes is returned as one Buffer. Default 1 MiB. */
  readonly bufferUpTo?: number;
  /** The Buffer may be several, as they came: to make one of them costs a third of fetching it. */
  readonly inPieces?: boolean;
  /** Further request headers (Range, If-Match, …); names in lower case. */
  readonly headers?: Headers;
  readonly signal?: AbortSignal | undefined;
}

/** What a HEAD may say. */
export interface HeadOptions {
  readonly versionId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a PUT may say. */
export interface PutOptions {
  /** Needed where body is a source of chunks. */
  readonly contentLength?: number;
  /** base64 of the MD5; the service refuses other bytes (400 BadDigest). */
  readonly contentMd5?: string | undefined;
  /** `x-cos-forbid-overwrite: true`: 409 FileAlreadyExists where the key exists (not in a bucket that ever had versioning). */
  readonly forbidOverwrite?: boolean;
  /** Further request headers; names in lower case. */
  readonly headers?: Headers;
  readonly signal?: AbortSignal | undefined;
}

/** What a copy within the bucket may say. */
export interface CopyOptions {
  /** Only where what is copied has this ETag (412 PreconditionFailed). */
  readonly ifMatch?: string | undefined;
  /** 409 FileAlreadyExists where the key exists, as of a PUT. */
  readonly forbidOverwrite?: boolean | undefined;
  /** Further request headers, such as a storage class; names in lower case. Content-Type and metadata are copied, whatever is said here. */
  readonly headers?: Headers | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a restore may say. */
export interface RestoreOptions {
  /** For how long the restored copy is kept, from when it is there; absent of what is in an archive tier, of which no copy is made. */
  readonly days?: number | undefined;
  readonly tier: RestoreTier;
  readonly versionId?: string | undefined;
  /** base64, instead of the right one: the service then refuses the request (400 BadDigest), and restores nothing. */
  readonly contentMd5?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which part of a listing; all of it from the beginning where nothing is said, a page at a time. */
export interface ListOptions {
  readonly prefix?: string;
  /** Keys after this one, in the order of UTF-8 bytes. */
  readonly marker?: string | undefined;
  readonly delimiter?: string;
  /** 1 to 1,000. */
  readonly maxKeys?: number;
  readonly signal?: AbortSignal | undefined;
}

/** An object as a listing tells it. `size` is in bytes. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** Without its quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  readonly storageClass?: string | undefined;
}

/** One page of a listing, in the order of UTF-8 bytes. */
export interface ListPage {
  readonly objects: readonly ListedObject[];
  readonly prefixes: readonly string[];
  /** Where the next page begins; undefined on the last page. */
  readonly nextMarker?: string | undefined;
  /** The server's clock, from its Date header, milliseconds since the epoch. */
  readonly serverTime?: number | undefined;
}

/** A part of a multipart upload, as Complete Multipart Upload names it. */
export interface UploadedPart {
  readonly partNumber: number;
  readonly etag: string;
  /** Hex, of what was sent, where it was computed: the ETag need not be one. */
  readonly md5?: string | undefined;
}

/**
 * One bucket, as everything here speaks to it. Each call is ONE request, never retried: who calls decides, so that every request can be
 * counted. (A listing of S3 goes on at once behind a page that is empty.) All failures are BucketError.
 */
export interface Bucket {
  /** NAME-APPID, or what its store calls it. */
  readonly name: string;
  readonly region: string;
  /** As people write it, without a slash at its end: `cos://NAME-APPID`, `s3://NAME`, `file:///FOLDER`. */
  readonly address: string;
  readonly offers: StoreOffers;
  /** Requests are soon to come: while other things are done, a connection is opened. Absent where nothing is gained by it. */
  prepare?(): void;
  /** GET Object, document 436/7753. */
  get(key: string, options?: GetOptions): Promise<ObjectResponse>;
  /** HEAD Object, document 436/7745. A missing key is a BucketError with status 404 and code NoSuchKey. */
  head(key: string, options?: HeadOptions): Promise<ObjectInfo>;
  /** PUT Object, document 436/7749, at most 5 GB. Resolves with what the reply says: its etag, crc64. */
  put(key: string, body: Body, options?: PutOptions): Promise<ObjectInfo>;
  /**
   * PUT Object - Copy, document 436/10881: of an object of this bucket, by the store itself, at most `offers.mostCopyBytes`. A 200 with an
   * error body is a BucketError. Resolves with what the reply says of the copy: its etag, crc64.
   */
  copy(key: string, from: string, options?: CopyOptions): Promise<ObjectInfo>;
  /**
   * POST Object restore, document 436/12633: of an object in an archive class a copy that can be read is made, for some days. `begun`: it is on
   * its way; `restored`: it was there already, and is kept for so many days from now. BucketErrors: RestoreAlreadyInProgress (409),
   * RestoreNonArchiveObject (405). Absent of what is no COS: originals are nowhere else.
   */
  restore?(key: string, options: RestoreOptions): Promise<"begun" | "restored">;
  /** DELETE Object: resolves even where there is no such key. */
  delete(key: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** GET Bucket (List Objects) v1, always with encoding-type=url. */
  list(options?: ListOptions): Promise<ListPage>;
  /** GET Bucket versioning, document 436/19888. Absent of a store that has none. */
  versioning?(options?: { readonly signal?: AbortSignal | undefined }): Promise<Versioning>;
  /** GET Bucket Object versions, document 436/35521. Absent likewise. */
  listVersions?(options?: VersionsOptions): Promise<VersionsPage>;
  /** Multipart upload, for objects above 5 GB. */
  createUpload(
    key: string,
    options?: { readonly headers?: Headers; readonly signal?: AbortSignal | undefined },
  ): Promise<string>;
  uploadPart(
    key: string,
    uploadId: string,
    partNumber: number,
    body: Body,
    options?: PutOptions,
  ): Promise<UploadedPart>;
  /** Resolves with the object's etag and crc64. A 200 with an error body is a BucketError. */
  completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadedPart[],
    options?: { readonly forbidOverwrite?: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<{
    readonly etag?: string | undefined;
    readonly crc64?: string | undefined;
    readonly requestId?: string | undefined;
  }>;
  /** Abort Multipart Upload, document 436/7740. */
  abortUpload(key: string, uploadId: string): Promise<void>;
  /**
   * Of a store on a disk alone: what is that like? With `tries`, what only a try tells is tried, which writes what the store keeps for itself.
   * Throws what any other request does: NoSuchBucket, UserError `NetworkFolder`.
   */
  disk?(options: { readonly tries: boolean }): Promise<Disk>;
}
