/**
 * The one door through which text that others wrote comes in: a refusal's code and message, a request id, what the transport or the
 * reader of a reply complains of. What the request was signed with does not come in with it, in whatever encoding it is told back
 * (a proxy's error page likes to show the request). Keys in a listing, metadata and bodies are data, and stay what they are.
 */

import type { Credentials } from "../../credentials/credentials.ts";
import type { HttpReply } from "../../http/port/http.ts";
import { BucketError } from "../../objects/error.ts";
import { createRedaction, createSecrets, type Redact, type Secrets } from "../../vocabulary/redaction.ts";

/** Headers of a success whose values people come to see: in outcomes, reports, or what `doctor` says. */
const toldHeaders = ["x-cos-request-id", "x-ci-request-id", "etag", "x-cos-version-id", "content-type"] as const;

export interface OutsideText {
  /** @param authorization what the request was signed with, which is as secret */
  redact(credentials: Credentials | undefined, authorization: string | undefined): Redact;
  /** A success, with what its headers tell redacted. */
  reply(reply: HttpReply, credentials: Credentials | undefined, authorization: string | undefined): HttpReply;
}

export function createOutsideText(): OutsideText {
  let last: { readonly of: Credentials | undefined; readonly secrets: Secrets; readonly redact: Redact } | undefined;

  /** Kept while the credentials are the same: what is looked for in each text takes a while to list. */
  const ofCredentials = (credentials: Credentials | undefined) => {
    const was = last?.of;
    if (last !== undefined && was === credentials) return last;
    const { secretId, secretKey, sessionToken } = credentials ?? {};
    const isSame = was?.secretId === secretId && was?.secretKey === secretKey && was?.sessionToken === sessionToken;
    if (last === undefined || !isSame) {
      const secrets = createSecrets([secretId, secretKey, sessionToken]);
      last = { of: credentials, secrets, redact: createRedaction(secrets) };
    }
    return last;
  };

  const redactOf = (credentials: Credentials | undefined, authorization: string | undefined): Redact =>
    createRedaction(ofCredentials(credentials).secrets, createSecrets([signatureIn(authorization)]));

  return {
    redact: redactOf,
    reply(reply, credentials, authorization) {
      let headers: Record<string, string> | undefined;
      for (const name of toldHeaders) {
        const value = reply.headers[name];
        if (value === undefined || ordinaryEtag.test(value)) continue;
        const told = mayHoldSignature(value)
          ? redactOf(credentials, authorization)(value)
          : ofCredentials(credentials).redact(value);
        if (told === value) continue;
        headers ??= { ...reply.headers };
        headers[name] = told;
      }
      return headers === undefined ? reply : { ...reply, headers };
    },
  };
}

const ordinaryEtag = /^"[0-9a-f]{32}(?:-\d{1,5})?"$/;

/** Hot, as each request has a signature of its own: most request ids are too short for one in base64, and hold no hex as long. */
const mayHoldSignature = (text: string) => text.length > 48 || /[0-9a-f]{12}/i.test(text);

function signatureIn(authorization: string | undefined): string | undefined {
  return authorization === undefined ? undefined : /(?<=&q-signature=|Signature=)[0-9a-f]+/.exec(authorization)?.[0];
}

/** The same error where it holds no secret. Of one that does, what caused it is left out: it is text from outside as well. */
export function redactedError(error: unknown, redact: Redact): unknown {
  if (!(error instanceof BucketError)) return error;
  const message = redact(error.message);
  const code = redact(error.code);
  const requestId = error.requestId === undefined ? undefined : redact(error.requestId);
  const isClean = message === error.message && code === error.code && requestId === error.requestId;
  if (isClean && causesOf(error).every((cause) => redact(cause) === cause)) return error;
  const { status, errNo, retryable, throttled, retryAfterMs, clockSkewMs } = error;
  return new BucketError(message, { code, status, errNo, requestId, retryable, throttled, retryAfterMs, clockSkewMs });
}

/** The messages of what caused it, one cause after the other. */
function causesOf(error: Error): string[] {
  const texts: string[] = [];
  for (let cause = error.cause; cause instanceof Error && texts.length < 10; cause = cause.cause) {
    texts.push(`${cause.name} ${cause.message}`);
  }
  return texts;
}
