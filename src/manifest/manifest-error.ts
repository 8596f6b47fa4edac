import { UserError } from "../vocabulary/errors.ts";

/**
 * Why a whole manifest can't be read. One bad row is never one of these: it is an `invalid` entry.
 *
 * | code | the manifest |
 * |---|---|
 * | ManifestUnreadable | is damaged or cut-off gzip, or named `.gz` and no gzip |
 * | ManifestEncoding | is UTF-16 or GBK, not UTF-8 |
 * | ManifestBinary | is no text at all |
 * | ManifestHeader | is CSV of which the first record is neither a header naming `Key` nor `Bucket,Key[,VersionId]` |
 * | ManifestLooksOtherwise | is said to be lines, and its first rows look like no keys |
 * | ManifestPlus | is URL-encoded, and writes a + in one row and a %20 in another |
 * | ManifestNotArray | is JSON that is no array |
 * | ManifestSyntax | is JSON broken in a way that hides where the next element begins |
 * | ManifestUnterminated | is JSON that ends before its array does |
 * | ManifestFormat | is in a format that this reader does not read |
 * | InventoryInvalid | is no inventory's manifest.json, or lists files in a format other than CSV |
 * | PartMissing, PartForbidden, PartChanged | names a file that is not there, may not be read, or is not the one it described |
 */
export type ManifestErrorCode =
  | "ManifestUnreadable"
  | "ManifestEncoding"
  | "ManifestBinary"
  | "ManifestHeader"
  | "ManifestLooksOtherwise"
  | "ManifestPlus"
  | "ManifestNotArray"
  | "ManifestSyntax"
  | "ManifestUnterminated"
  | "ManifestFormat"
  | "InventoryInvalid"
  | "PartMissing"
  | "PartForbidden"
  | "PartChanged";

/** A manifest that can't be read as a whole. What was read of it before must not be relied on. */
export class ManifestError extends UserError {
  declare readonly code: ManifestErrorCode;

  constructor(code: ManifestErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}
