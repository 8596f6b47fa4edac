/** How many originals may be under way at once where all of them together may bring only so many bytes a second. Pure. */

/**
 * Bytes a second for each: then 64 KiB, as much as is read and written at once, come every eight seconds. Where they come more seldom
 * services end the upload (S3 with RequestTimeout, nginx after 60 s), and the original has to be fetched, and paid for, again.
 */
const LEAST_BYTES_A_SECOND = 8 * 1024;

/** The concurrency that was asked for, or as many as `bandwidth` feeds. @param bandwidth bytes a second; undefined is no limit */
export function rowsFed(bandwidth: number | undefined, asked: number): number {
  if (bandwidth === undefined) return asked;
  return Math.min(asked, Math.max(1, Math.floor(bandwidth / LEAST_BYTES_A_SECOND)));
}
