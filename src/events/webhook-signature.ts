/**
 * Signatures of webhooks, as Standard Webhooks says (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
 * HMAC-SHA256 over `id.timestamp.body`, base64, one `v1,…` for each secret that is good just now.
 */
import { createHmac } from "node:crypto";
import { UserError } from "../vocabulary/errors.ts";

/** The variable that holds the secret: `whsec_` and base64 of 24 to 64 bytes; while it is changed the new one and the old one, with a space between. */
export const secretVariable = "ORIGINALS_WEBHOOK_SECRET";

const leastBytes = 24;
const mostBytes = 64;

/** The keys of such a text. Throws UserError `MissingSetting` or `InvalidSetting`, which quotes nothing of it. */
export function readSecrets(text: string | undefined): readonly Buffer[] {
  const each = (text ?? "").split(/[\s,]+/).filter((secret) => secret !== "");
  const make = `${secretVariable}="whsec_$(openssl rand -base64 32)" makes one`;
  if (each.length === 0) {
    throw new UserError(
      "MissingSetting",
      `Webhooks are signed, and ${secretVariable} is not set; ${make}, which the receiver has to know as well.`,
    );
  }
  return each.map((secret) => {
    const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
    const key = Buffer.from(base64, "base64");
    if (key.length >= leastBytes && key.length <= mostBytes) return key;
    throw new UserError(
      "InvalidSetting",
      `${secretVariable} holds what is no secret of Standard Webhooks: whsec_ and the base64 of ${leastBytes} to ${mostBytes} bytes; ${make}.`,
    );
  });
}

export interface Signed {
  /** Without a dot in it. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/** The value of `webhook-signature`. */
export function signatureOf(keys: readonly Buffer[], { id, timestamp, body }: Signed): string {
  return keys
    .map((key) => `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`)
    .join(" ");
}
