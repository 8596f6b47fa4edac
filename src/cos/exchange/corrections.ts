/**
 * What a bucket's client learns from errors, for the requests that follow:
 * - after RequestTimeTooSkewed or RequestExpired, by how much the service's clock is ahead of ours;
 * - after ExpiredToken or InvalidToken, new credentials: the provider's refresh is called once for all requests that
 *   were signed with the old ones. The error is retryable where the provider has others by now;
 * - after keys that the service does not know, or finds wrong, the same without a word where there are no others;
 * - after a refusal that may be about anything, as one of a HEAD, another try where there are other keys already: nothing is looked up for it.
 */

import { type Credentials, type CredentialsProvider, sameCredentials } from "../../credentials/credentials.ts";
import { BucketError } from "../../objects/error.ts";
import type { Log } from "../../vocabulary/log.ts";
import { createRedaction, createSecrets } from "../../vocabulary/redaction.ts";

export interface Corrections {
  /** Added to our clock it gives the service's, milliseconds. */
  readonly clockOffsetMs: number;
  /** @param used what its request was signed with. Gives the same error, or a promise of it with more to say */
  from(error: BucketError, used: Credentials | undefined): BucketError | Promise<BucketError>;
}

/** Clocks that differ by less are not worth correcting: Date has whole seconds and replies take time. */
const leastSkewMs = 30_000;

export function createCorrections(bucket: string, provider: CredentialsProvider | undefined, log: Log): Corrections {
  let clockOffsetMs = 0;
  let refreshing: Promise<void> | undefined;

  const correctClock = (error: BucketError) => {
    if (error.clockSkewMs === undefined) return;
    const offset = Math.abs(error.clockSkewMs) >= leastSkewMs ? error.clockSkewMs : 0;
    if (offset === clockOffsetMs) return;
    clockOffsetMs = offset;
    log.warn("the service's clock differs from this machine's; signatures follow it", { bucket, offsetMs: offset });
  };

  /** Resolves to whether other credentials are at hand now. */
  const renew = async (from: CredentialsProvider, used: Credentials): Promise<boolean> => {
    // Without a time: what was found within the last second is what has ended.
    if (!sameCredentials(await from.get(), used)) return true;
    if (from.refresh === undefined) return false;
    refreshing ??= from.refresh().finally(() => {
      refreshing = undefined;
    });
    await refreshing;
    return !sameCredentials(await from.get(), used);
  };

  /** The same error, retryable where the next try would be signed with other credentials. */
  const afterRenewal = async (
    error: BucketError,
    from: CredentialsProvider,
    used: Credentials,
  ): Promise<BucketError> => {
    let cause: unknown;
    let retryable = false;
    try {
      retryable = await renew(from, used);
    } catch (thrown) {
      const redact = createRedaction(createSecrets([used.secretId, used.secretKey, used.sessionToken]));
      log.error("the credentials could not be renewed", { bucket, error: redact(String(thrown)) });
      cause = thrown;
    }
    if (!retryable && cause === undefined) return error;
    return new BucketError(
      error.message + (retryable ? "; they were renewed meanwhile" : "; renewing them failed"),
      { ...detailsOf(error), retryable },
      { cause },
    );
  };

  /** Keys that somebody has set right meanwhile, under the same id perhaps, are worth another try. Nothing is fetched for them. */
  const afterCorrection = async (
    error: BucketError,
    from: CredentialsProvider,
    used: Credentials,
  ): Promise<BucketError> => {
    try {
      if (!(await renew(from, used))) return error;
    } catch {
      return error;
    }
    return new BucketError(`${error.message}; they were corrected meanwhile`, { ...detailsOf(error), retryable: true });
  };

  /**
   * A refused HEAD has no document, and so no reason in it: of temporary keys it may be their end. It is told by who has others by now, or else by the
   * next request with a document; until then no row is over for it.
   */
  const perhapsEnded = async (
    error: BucketError,
    from: CredentialsProvider,
    used: Credentials,
  ): Promise<BucketError> => {
    const renewed = await renew(from, used).catch(() => false);
    const why = renewed ? "; the credentials were renewed meanwhile" : "; perhaps the temporary credentials have ended";
    return new BucketError(error.message + why, { ...detailsOf(error), retryable: true });
  };

  /** Keys that were replaced while the request was under way: whether the new ones may is not known yet. */
  const afterReplacement = async (
    error: BucketError,
    from: CredentialsProvider,
    used: Credentials,
  ): Promise<BucketError> => {
    let now = used;
    try {
      now = await from.get();
    } catch {
      // There are none now, which the next request says.
    }
    if (sameCredentials(now, used)) return error;
    const message = `${error.message}; the credentials were replaced meanwhile`;
    return new BucketError(message, { ...detailsOf(error), retryable: true });
  };

  return {
    get clockOffsetMs() {
      return clockOffsetMs;
    },
    from(error, used) {
      if (error.code === "RequestTimeTooSkewed" || error.code === "RequestExpired") correctClock(error);
      if (provider === undefined || used === undefined) return error;
      if (tokenEnded.has(error.code)) return afterRenewal(error, provider, used);
      if (error.status === 400 && error.code === "BadRequest" && used.sessionToken !== undefined) {
        return perhapsEnded(error, provider, used);
      }
      if (error.code === "AccessDenied") return afterReplacement(error, provider, used);
      return keysRefused.has(error.code) ? afterCorrection(error, provider, used) : error;
    },
  };
}

const tokenEnded: ReadonlySet<string> = new Set(["ExpiredToken", "InvalidToken"]);
const keysRefused: ReadonlySet<string> = new Set(["SignatureDoesNotMatch", "InvalidAccessKeyId"]);

function detailsOf({ code, status, errNo, requestId, retryable, throttled, retryAfterMs, clockSkewMs }: BucketError) {
  return { code, status, errNo, requestId, retryable, throttled, retryAfterMs, clockSkewMs };
}
