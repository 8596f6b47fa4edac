/** The words that settings, messages and the ledger share, so that each is spelt once. */

export const manifestFormats = ["lines", "json", "jsonl", "csv", "cos-inventory", "s3-inventory"] as const;
export const keyEncodings = ["raw", "url"] as const;
export const proofFloors = ["auto", "content-md5", "crc64", "size"] as const;
export const expectations = ["auto", "get"] as const;
export const ifExistsChoices = ["skip", "keep", "overwrite", "fail"] as const;
export const ifChangedChoices = ["archive", "fail"] as const;
/** COS, PUT Object (document 436/7749), `x-cos-storage-class`; and the newer ones that its SDKs name. */
const classesOfCos = [
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
/** Amazon S3 API Reference, PutObject, `x-amz-storage-class`. */
const classesOfS3 = [
  "STANDARD",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
  "GLACIER",
  "DEEP_ARCHIVE",
] as const;
/** Each store has words of its own, and a folder none. */
export const storageClasses = [...classesOfCos, "ONEZONE_IA", "GLACIER_IR", "GLACIER"] as const;
export const storageClassesOf: Readonly<Record<"cos" | "s3" | "file", readonly string[]>> = {
  cos: classesOfCos,
  s3: classesOfS3,
  file: [],
};
/** Of these the service gives nothing out before it is restored. */
const archiveClasses: readonly string[] = [
  "ARCHIVE",
  "DEEP_ARCHIVE",
  "MAZ_ARCHIVE",
] satisfies (typeof classesOfCos)[number][];

export const isArchiveClass = (storageClass: string | undefined): boolean =>
  storageClass !== undefined && archiveClasses.includes(storageClass.toUpperCase());

/** Its objects are moved between tiers by the service, some of which are archives. */
export const isTieringClass = (storageClass: string | undefined): boolean =>
  storageClass !== undefined && /^(MAZ_)?INTELLIGENT_TIERING$/i.test(storageClass);

/** What an original may have and its archived copy has not. */
export const notPreserved = ["tags", "ACLs"] as const;

/** What becomes of originals in an archive class that are not restored. */
export const archivedClassChoices = ["fail", "skip", "restore"] as const;
/** How fast an original is restored from an archive class, and at which price (document 436/12633, `Tier`). */
export const restoreTiers = ["Standard", "Bulk", "Expedited"] as const;
export type RestoreTier = (typeof restoreTiers)[number];
/** The longest that a restore takes, in hours, as the service's documents say; a tier that a class does not have is left out. */
const restoreHours: Readonly<Record<"ARCHIVE" | "DEEP_ARCHIVE", Readonly<Partial<Record<RestoreTier, number>>>>> = {
  ARCHIVE: { Expedited: 1 / 12, Standard: 5, Bulk: 12 },
  DEEP_ARCHIVE: { Standard: 24, Bulk: 48 },
};

/** Of an archive class, without where its copies are kept: `MAZ_ARCHIVE` is restored as `ARCHIVE` is. */
export const archiveKind = (storageClass: string): "ARCHIVE" | "DEEP_ARCHIVE" =>
  storageClass.toUpperCase() === "DEEP_ARCHIVE" ? "DEEP_ARCHIVE" : "ARCHIVE";

/** Milliseconds; undefined where the class can't be restored so. */
export function longestRestoreMs(storageClass: string, tier: RestoreTier): number | undefined {
  const hours = restoreHours[archiveKind(storageClass)][tier];
  return hours === undefined ? undefined : hours * 3_600_000;
}

/** `x-cos-server-side-encryption`, `x-amz-server-side-encryption`. */
export const encryptions = ["AES256", "cos/kms", "aws:kms"] as const;
export const encryptionsOf: Readonly<Record<"cos" | "s3" | "file", readonly (typeof encryptions)[number][]>> = {
  cos: ["AES256", "cos/kms"],
  s3: ["AES256", "aws:kms"],
  file: [],
};

/** A number of rows, or a percentage of them. */
export const maxFailuresPattern = /^(\d+|\d+(\.\d+)?%)$/;
