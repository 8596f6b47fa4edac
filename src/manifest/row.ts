import { manifestFormats } from "../vocabulary/choices.ts";

/** One entry of a manifest: an original to archive, and what is known of it. */
export interface Row {
  /** The whole object key, as it is (never URL-encoded). */
  readonly key: string;
  readonly versionId?: string | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
  /** Without quotes, lower case where it is an MD5. */
  readonly etag?: string | undefined;
  /** CRC-64/XZ, unsigned decimal. */
  readonly crc64?: string | undefined;
  /** Where to archive it, instead of what `--archive-key` says. The archive prefix still goes before it. */
  readonly archiveKey?: string | undefined;
  /** Only where it is an archive class: then the original may have to be restored first. */
  readonly storageClass?: string | undefined;
}

/** Where a row stands in its manifest; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column?: number | undefined;
}

/**
 * What reading a manifest yields, in order: rows, and rows that could not be read. A bad row becomes an outcome
 * (`failed InvalidRow`), never the end of the run.
 */
export type ManifestEntry =
  | {
      readonly kind: "row";
      readonly row: Row;
      readonly at: Position;
      /** When the original was modified last, where that is told; ms since the epoch. */
      readonly modified?: number | undefined;
    }
  | {
      readonly kind: "invalid";
      /** What of the key could be read, else the beginning of the line; at most 200 characters, for the report. */
      readonly key: string;
      /** `syntax`: the text is not what the format says. `value`: it is, but a field holds what can't be (an empty key, a negative size). */
      readonly fault: "syntax" | "value";
      /** One sentence with line and column: `row 17, column 2: size "abc" is not a whole number of bytes`. */
      readonly message: string;
      readonly at: Position;
    };

export { manifestFormats };
export type ManifestFormat = (typeof manifestFormats)[number];
export type KeyEncoding = "raw" | "url";
