/** A request that ended without a whole reply, as BucketError: status 0, and the transport's own name for it as code. */
import { HttpError } from "../../http/port/error.ts";
import { BucketError } from "../../objects/error.ts";
import { effectOf, entryOf } from "../../vocabulary/codes/catalogue.ts";

/** Instead of the transport's own words. */
const advice: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no such host: check the region and the endpoint",
  ECONNREFUSED: "nothing listens there: check the endpoint",
};

/**
 * What a request's own body threw is no HttpError, and stays what it is.
 *
 * @param what the subject of the message: `GET "a.jpg" of photos-1250000000`
 */
export function errorFromTransport(what: string, error: Error): Error {
  if (!(error instanceof HttpError)) return error;
  const { code, status, retryable, cause } = error;
  const details = { code, status, retryable, throttled: effectOf(code) === "slowed" };
  return new BucketError(`${what}: ${messageOf(error)}`, details, cause === undefined ? undefined : { cause });
}

function messageOf({ code, happened, why }: HttpError): string {
  if (code === "RequestAborted") return happened;
  if (code === "IncompleteBody") return `${happened}; it has to be asked for again`;
  if (code === "ReplyTooLarge") return `${happened}, which no such reply of the service has`;
  const entry = entryOf(code);
  if (entry?.told && entry.advice !== undefined) return `${happened} (${code}: ${why ?? entry.means}); ${entry.advice}`;
  // The system's own words name an address that nobody looked for.
  const hint = entry?.scarce ? `${entry.means}: ${entry.advice}` : (advice[code] ?? why);
  return `${happened} (${code}${hint === undefined ? "" : `: ${hint}`})`;
}
