/** What a BucketError is made of. */
export interface BucketErrorDetails {
  readonly code: string;
  /** HTTP status; 0 where no reply arrived. */
  readonly status: number;
  /** The X-ErrNo header of a Cloud Infinite failure (document 460/8523), a negative number. */
  readonly errNo?: number | undefined;
  readonly requestId?: string | undefined;
  /** May the same request succeed later? */
  readonly retryable: boolean;
  /** Does it say that requests come too fast (SlowDown, X-ErrNo -29214, …)? Then all requests should slow down. */
  readonly throttled: boolean;
  /** From Retry-After. */
  readonly retryAfterMs?: number | undefined;
  /** Milliseconds by which the server's clock is ahead of ours, from the reply's Date header. */
  readonly clockSkewMs?: number | undefined;
}

/**
 * The one error of everything that speaks to a bucket. `code` is the store's own name for what happened (of COS: document 436/7730), or without a reply
 * the name of the transport's failure (`ECONNRESET`, `BodyTimeout`, `RequestAborted`). The message never holds a signature.
 */
export class BucketError extends Error implements BucketErrorDetails {
  override readonly name = "BucketError";
  readonly code: string;
  readonly status: number;
  readonly errNo: number | undefined;
  readonly requestId: string | undefined;
  readonly retryable: boolean;
  readonly throttled: boolean;
  readonly retryAfterMs: number | undefined;
  readonly clockSkewMs: number | undefined;

  constructor(message: string, details: BucketErrorDetails, options?: ErrorOptions) {
    super(message, options);
    this.code = details.code;
    this.status = details.status;
    this.errNo = details.errNo;
    this.requestId = details.requestId;
    this.retryable = details.retryable;
    this.throttled = details.throttled;
    this.retryAfterMs = details.retryAfterMs;
    this.clockSkewMs = details.clockSkewMs;
  }
}

/**
 * Was it a bucket's refusal or failure, rather than a fault in the program?
 *
 * @example
 * ```ts
 * import { createBucketClient, environmentCredentials, isBucketError, readSettings, systemClock } from "cos-originals";
 *
 * const { endpoint } = readSettings({ environment: process.env }).values;
 * const photos = createBucketClient({
 *   bucket: "photos-1250000000",
 *   region: "ap-guangzhou",
 *   endpoint,
 *   credentials: environmentCredentials(process.env),
 *   clock: systemClock,
 * });
 * try {
 *   await photos.head("no such picture.jpg");
 * } catch (thrown) {
 *   if (!isBucketError(thrown)) throw thrown;
 *   console.log(thrown.code, thrown.status, thrown.retryable); // prints NoSuchKey 404 false
 * }
 * await photos.close();
 * ```
 */
export function isBucketError(thrown: unknown): thrown is BucketError {
  return thrown instanceof BucketError;
}
