/** The words that settings, messages and the ledger share, so that each is spelt once. */

export const manifestFormats = ["lines", "json", "jsonl", "csv", "cos-inventory", "s3-inventory"] as const;
export const keyEncodings = ["raw", "url"] as const;
export const proofFloors = ["auto", "content-md5", "crc64", "size"] as const;
export const expectations = ["auto", "get"] as const;
export const ifExistsChoices = ["skip", "keep", "overwrite", "fail"] as const;
export const ifChangedChoices = ["archive", "fail"] as const;
/** COS, PUT Object (document 436/7749), `x-cos-storage-class`; and the newer ones that its SDKs name. */
export const storageClasses = [
  "STANDARD",
  "STANDARD_IA",
  "INTELLIGENT_TIERING",
  "COLD",
  "ARCHIVE",
  "DEEP_ARCHIVE",
  "MAZ_STANDARD",
  "MAZ_STANDARD_IA",
  "MAZ_INTELLIGENT_TIERING",
  "MAZ_COLD",
  "MAZ_ARCHIVE",
] as const;
/** Of these the service gives nothing out before it is restored. */
const archiveClasses: readonly string[] = [
  "ARCHIVE",
  "DEEP_ARCHIVE",
  "MAZ_ARCHIVE",
] satisfies (typeof storageClasses)[number][];

export const isArchiveClass = (storageClass: string | undefined): boolean =>
  storageClass !== undefined && archiveClasses.includes(storageClass.toUpperCase());

/** What an original may have and its archived copy has not. */
export const notPreserved = ["tags", "ACLs"] as const;

/** What becomes of originals in an archive class that are not restored. */
export const archivedClassChoices = ["fail", "skip"] as const;
/** `x-cos-server-side-encryption`. */
export const encryptions = ["AES256", "cos/kms"] as const;

/** A number of rows, or a percentage of them. */
export const maxFailuresPattern = /^(\d+|\d+(\.\d+)?%)$/;
