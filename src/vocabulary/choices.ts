/** The words that settings, messages and the ledger share, so that each is spelt once. */

export const manifestFormats = ["lines", "json", "jsonl", "csv", "cos-inventory", "s3-inventory"] as const;
export const keyEncodings = ["raw", "url"] as const;
export const proofFloors = ["auto", "content-md5", "crc64", "size"] as const;
export const expectations = ["auto", "get"] as const;
export const ifExistsChoices = ["skip", "keep", "overwrite", "fail"] as const;
export const ifChangedChoices = ["archive", "fail"] as const;
/** COS, PUT Object (document 436/7749), `x-cos-storage-class`. */
export const storageClasses = [
  "STANDARD",
  "STANDARD_IA",
  "INTELLIGENT_TIERING",
  "ARCHIVE",
  "DEEP_ARCHIVE",
  "MAZ_STANDARD",
  "MAZ_STANDARD_IA",
  "MAZ_INTELLIGENT_TIERING",
] as const;
/** `x-cos-server-side-encryption`. */
export const encryptions = ["AES256", "cos/kms"] as const;

export const bucketPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?-\d{4,20}$/;
export const regionPattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;
export const runIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** A number of rows, or a percentage of them. */
export const maxFailuresPattern = /^(\d+|\d+(\.\d+)?%)$/;
