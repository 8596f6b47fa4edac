/** What is kept of buckets, objects and multipart uploads: the rows of the store's tables. */
import type { Body } from "./bodies.ts";

/** Smart Compression of a bucket: `Auto` of these suffixes, `API`, or both. */
export interface SlimSettings {
  readonly modes: readonly string[];
  readonly suffixes: readonly string[];
}

/** How a bucket of the emulator is set up. */
export interface BucketSettings {
  /** Undefined: the bucket answers under every region. */
  readonly region?: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly acl: "private" | "public-read";
  /** Suffixes under Original Image Protection, without their dot; empty: off. */
  readonly protect: readonly string[];
  /** Names of the image styles that exist. */
  readonly styles: readonly string[];
  readonly versioning: "never" | "Enabled" | "Suspended";
  /** Absent: off. */
  readonly slim?: SlimSettings | undefined;
}

/** When a copy of an object can be read: from one moment to another, milliseconds since the epoch. */
export interface Restore {
  readonly from: number;
  readonly until: number;
}

/** What is said of an object when it is made. */
export interface Described {
  /** What is kept and sent back as it came: Content-Type and its kin, x-cos-meta-*; lower-case names, latin1 values. */
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: STANDARD. */
  readonly storageClass?: string;
  readonly encryption?: string;
  readonly publicRead?: boolean;
  /** Of an object in an archive class; absent where nobody asked for it to be restored. */
  readonly restore?: Restore;
}

/** Bytes, and what is known of them. */
export interface Content {
  readonly body: Body;
  readonly size: number;
  /** Without its quotes. */
  readonly etag: string;
  /** Unsigned decimal; absent where there is none. */
  readonly crc64?: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

export interface ObjectRecord extends Described, Content {
  readonly key: string;
  /** In a bucket that has, or had, versioning; absent means `null`, the version of what was stored while it was off. */
  readonly versionId?: string;
}

export interface DeleteMarker {
  readonly isMarker: true;
  readonly key: string;
  readonly versionId: string;
  readonly modified: number;
}

export type Version = ObjectRecord | DeleteMarker;

/** Of one key, oldest first. */
export interface History {
  readonly versions: readonly Version[];
}

/** A multipart upload that has been neither completed nor aborted. */
export interface Upload extends Described {
  readonly uploadId: string;
  readonly key: string;
  readonly started: number;
}

export interface Part extends Content {
  readonly partNumber: number;
}

export type Row = BucketSettings | History | Upload | Part;
