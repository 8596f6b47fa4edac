/** Limits of the service that more than one room knows, each spelt once. */

/** An object key has 1 to 850 bytes of UTF-8 and begins with neither `/` nor `\` (document 436/13324). */
export const maxKeyBytes = 850;

/** Keys in one reply of a listing (document 436/7734), and in one request to delete several. */
export const keysPerPage = 1_000;

/** PUT Object takes at most 5 GB (document 436/7749). */
export const putLimit = 5 * 1024 ** 3;

/** Parts of one multipart upload (document 436/14518). */
export const maxParts = 10_000;

/** x-cos-meta-* names and values together, bytes (document 436/7749). */
export const maxMetaBytes = 2048;

/** Fetches of originals, which count as processing at download: requests a second (document 460/36620). */
export const originalsPerSecond = 3_000;

/** POST Object restore: requests a second (document 436/12633). */
export const restoresPerSecond = 100;

/** For so long restored copies may be kept, days (document 436/12633). */
export const mostRestoreDays = 365;

/** What Cloud Infinite takes as an image, bytes (document 460/36620); whether that holds for originals is not said. */
export const largestImage = 32 * 1024 ** 2;

/** Originals under way at once in one process: ours, for beyond it a process has more to do with itself than with them. */
export const mostAtOnce = 1_000;

/** Reads, or writes, of one bucket in the Chinese mainland, a second (document 436/14518). */
export const requestsPerSecond = 30_000;
