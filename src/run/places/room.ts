/** Has the disk of an archive in a folder room for what a run brings? */
import type { Bucket } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { formatBytes } from "../../report/quantity.ts";

/**
 * One sentence where it has not; undefined where it has, or nothing is known of it. Writes nothing.
 *
 * @param bytes that the run brings; null where they are not known
 */
export async function lackOfRoom(archive: Bucket, bytes: number | null): Promise<string | undefined> {
  if (archive.disk === undefined || bytes === null) return undefined;
  try {
    const { freeBytes } = await archive.disk({ tries: false });
    if (freeBytes >= bytes) return undefined;
    return `The disk of ${archive.address} has ${formatBytes(freeBytes)} free, and the run brings ${formatBytes(bytes)}: make room, or archive elsewhere.`;
  } catch (error) {
    // That it is not there is for the run to say.
    if (isBucketError(error)) return undefined;
    throw error;
  }
}
