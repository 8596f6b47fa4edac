/** Bodies on their way into a bucket in memory, and the checks that the service makes of them. */
import { type Body, type Headers, heldLength, isHeld, type PutOptions } from "../../src/objects/bucket.ts";
import { aborted, connectionReset, type Fault, refusal } from "./bucket-fault.ts";
import { md5 } from "./memory-objects.ts";

const META_BYTES = 2048;

/** x-cos-meta-* names and values together may have 2 KB (document 436/7749). */
export function checkMeta(what: string, headers: Headers): void {
  let bytes = 0;
  for (const [header, value] of Object.entries(headers)) {
    if (header.startsWith("x-cos-meta-")) bytes += Buffer.byteLength(header) + Buffer.byteLength(value);
  }
  if (bytes > META_BYTES) throw refusal("InvalidArgument", { what });
}

/** Reads it all; a body that throws ends the request with what it threw. */
export async function takeBody(
  what: string,
  body: Body,
  request: PutOptions,
  faults: readonly Fault[],
): Promise<Buffer> {
  const expected = isHeld(body) ? heldLength(body) : request.contentLength;
  if (expected === undefined) throw refusal("MissingContentLength", { what });
  const brokenAt = faults.find((fault) => fault.kind === "break-off")?.afterBytes ?? Number.POSITIVE_INFINITY;
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
    if (request.signal?.aborted) throw aborted(what);
    chunks.push(Buffer.from(chunk));
    received += chunk.length;
    if (received >= brokenAt) throw connectionReset(what);
    if (received > expected) break;
  }
  if (received !== expected) throw refusal("IncompleteBody", { what });
  const bytes = Buffer.concat(chunks);
  if (request.contentMd5 !== undefined) {
    const given = Buffer.from(request.contentMd5, "base64");
    if (given.length !== 16) throw refusal("InvalidDigest", { what });
    if (given.toString("hex") !== md5(bytes)) throw refusal("BadDigest", { what });
  }
  return bytes;
}
