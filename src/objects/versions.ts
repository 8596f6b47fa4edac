/** Versions of objects, where a bucket keeps them. */

/** `suspended`: it kept them once; what is replaced now is lost, and overwriting can't be forbidden. */
export type Versioning = "on" | "suspended" | "never";

/** One version, or the marker that an object was deleted (`isDeleted`, its size 0). */
export interface ListedVersion {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Without its quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  readonly storageClass?: string | undefined;
  readonly versionId: string;
  readonly isDeleted: boolean;
  /** Is it what a GET of the key brings? */
  readonly isLatest: boolean;
}

/** Behind which version a page begins. */
export interface VersionMarker {
  readonly key: string;
  readonly versionId?: string | undefined;
}

export interface VersionsOptions {
  readonly prefix?: string | undefined;
  readonly after?: VersionMarker | undefined;
  /** 1 to 1,000. */
  readonly maxKeys?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Versions before delete markers; a key's may go on in the next page. */
export interface VersionsPage {
  readonly versions: readonly ListedVersion[];
  readonly next?: VersionMarker | undefined;
}
