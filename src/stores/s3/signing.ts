/** Signature Version 4 of a request to S3 (Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header"), by aws4. */
import { createHash } from "node:crypto";
import aws4 from "aws4";
import type { Credentials } from "../../credentials/credentials.ts";
import type { Pair } from "../../http/port/header-names.ts";
import { type Body, isHeld } from "../../objects/bucket.ts";

export interface Unsigned {
  readonly method: string;
  /** Path and query, encoded, as it is sent. */
  readonly target: string;
  readonly region: string;
  /** Lower-case names; `host` among them. */
  readonly headers: readonly Pair[];
  readonly body?: Body | undefined;
  /** By the service's clock, milliseconds since the epoch. */
  readonly now: number;
}

export interface Signed {
  readonly headers: readonly Pair[];
  readonly authorization: string;
}

const emptySha256 = createHash("sha256").digest("hex");

/** Of what is held; what streams is covered by TLS, its MD5, and the proof. */
function payloadOf(body: Body | undefined): string {
  if (body === undefined) return emptySha256;
  if (!isHeld(body)) return "UNSIGNED-PAYLOAD";
  const hash = createHash("sha256");
  for (const piece of Buffer.isBuffer(body) ? [body] : (body as readonly Buffer[])) hash.update(piece);
  return hash.digest("hex");
}

/**
 * What is no x-amz-* header may go unsigned, and a value beyond ASCII must: what its characters are is not agreed on (Amazon's answer to the same
 * UTF-8 has been SignatureDoesNotMatch now and then), and one that is no text has none.
 */
const mustBeSigned = /^(?:x-amz-.*|host|content-type|content-md5)$/;
const isSigned = ([name, value]: Pair) => /^[\x20-\x7e]*$/.test(value) || mustBeSigned.test(name);

export function sign({ method, target, region, headers, body, now }: Unsigned, credentials: Credentials): Signed {
  const { secretId, secretKey, sessionToken } = credentials;
  const all: Pair[] = [
    ...headers,
    ["x-amz-content-sha256", payloadOf(body)],
    ["x-amz-date", new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "")],
  ];
  if (sessionToken !== undefined) all.push(["x-amz-security-token", sessionToken]);
  // All that it would add stands there already.
  const signed = aws4.sign(
    { service: "s3", region, method, path: target, headers: Object.fromEntries(all.filter(isSigned)) },
    {
      accessKeyId: secretId,
      secretAccessKey: secretKey,
      ...(sessionToken === undefined ? undefined : { sessionToken }),
    },
  );
  const authorization = signed.headers?.Authorization;
  if (typeof authorization !== "string") throw new Error("aws4 signed nothing");
  return { headers: all, authorization };
}
