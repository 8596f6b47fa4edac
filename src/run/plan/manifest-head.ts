/** What a manifest in a bucket begins with: enough of a `.json` to tell an inventory's manifest.json from an array. */
import type { Bucket } from "../../objects/bucket.ts";
import { withRetries } from "../../objects/retrying.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export const headBytes = 4096;

/** Does the name leave open what the content would tell? */
export const needsHead = (key: string): boolean => /\.json$/i.test(key);

/** Fails as Bucket.get does. */
export async function headOf(
  bucket: Bucket,
  key: string,
  surroundings: Pick<Surroundings, "clock" | "random">,
): Promise<Buffer> {
  const headers = { range: `bytes=0-${headBytes - 1}` };
  const reply = await withRetries(() => bucket.get(key, { headers }), surroundings);
  if (reply.kind === "bytes") return reply.bytes.subarray(0, headBytes);
  const chunks: Buffer[] = [];
  let bytes = 0;
  // A service that knows no ranges sends all of it.
  for await (const chunk of reply.stream) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes >= headBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, headBytes);
}
