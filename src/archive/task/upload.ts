/** Puts an original into the archive: one PUT up to 5 GB, a multipart upload above it. */
import {
  type Body,
  type Bucket,
  type Headers,
  isHeld,
  type ObjectInfo,
  type UploadedPart,
} from "../../objects/bucket.ts";
import { maxParts, putLimit } from "../../vocabulary/limits.ts";

const MIN_PART = 64 * 1024 * 1024;

export interface UploadOptions {
  readonly size: number;
  readonly headers: Headers;
  readonly contentMd5?: string | undefined;
  readonly forbidOverwrite: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called before each request. */
  readonly onRequest: () => void;
  /** Above this many bytes the upload is multipart; `putLimit` but for tests. */
  readonly multipartAbove?: number | undefined;
}

/** What the archive says that it now holds. */
export type Uploaded = Pick<ObjectInfo, "etag" | "crc64" | "requestId" | "standing"> & { readonly headers?: Headers };

export function upload(bucket: Bucket, key: string, body: Body, options: UploadOptions): Promise<Uploaded> {
  const { size, headers, contentMd5, forbidOverwrite, signal, onRequest } = options;
  if (size <= (options.multipartAbove ?? putLimit) || isHeld(body)) {
    onRequest();
    return bucket.put(key, body, { contentLength: size, contentMd5, forbidOverwrite, headers, signal });
  }
  return uploadInParts(bucket, key, body, options);
}

/**
 * Each part streams on from where the last one ended. What proves the bytes is held back to the end of the last part, and
 * Complete is sent only then: until Complete nothing is stored under the key.
 */
async function uploadInParts(
  bucket: Bucket,
  key: string,
  body: AsyncIterable<Uint8Array>,
  { size, headers, forbidOverwrite, signal, onRequest, multipartAbove = putLimit }: UploadOptions,
): Promise<Uploaded> {
  const partSize = Math.max(Math.min(MIN_PART, multipartAbove), Math.ceil(size / maxParts));
  onRequest();
  const uploadId = await bucket.createUpload(key, { headers, signal });
  const source = chunkSource(body);
  try {
    const parts: UploadedPart[] = [];
    for (let sent = 0; sent < size; ) {
      const length = Math.min(partSize, size - sent);
      onRequest();
      parts.push(
        await bucket.uploadPart(key, uploadId, parts.length + 1, source.take(length), {
          contentLength: length,
          signal,
        }),
      );
      sent += length;
    }
    await source.end();
    onRequest();
    return await bucket.completeUpload(key, uploadId, parts, { forbidOverwrite, signal });
  } catch (error) {
    await source.close();
    onRequest();
    // Best effort: an upload left open costs storage until the bucket's lifecycle rule removes it.
    await bucket.abortUpload(key, uploadId).catch(() => undefined);
    throw error;
  }
}

/** Cuts one iteration into pieces of given lengths. */
function chunkSource(body: AsyncIterable<Uint8Array>) {
  const iterator = body[Symbol.asyncIterator]();
  let rest: Uint8Array | undefined;
  return {
    async *take(length: number): AsyncGenerator<Uint8Array> {
      let left = length;
      while (left > 0) {
        const chunk = rest ?? (await iterator.next()).value;
        rest = undefined;
        if (chunk === undefined) return;
        if (chunk.length > left) {
          rest = chunk.subarray(left);
          yield chunk.subarray(0, left);
          return;
        }
        left -= chunk.length;
        yield chunk;
      }
    },
    /** Runs the source to its end, where it throws if what it proves is not so. */
    async end(): Promise<void> {
      if (rest !== undefined || !(await iterator.next()).done)
        throw new Error("the body is longer than it was said to be");
    },
    async close(): Promise<void> {
      await iterator.return?.(undefined).catch(() => undefined);
    },
  };
}
