/** The Signature of an HttpString, under the SignKey of one KeyTime window (signature.ts says what these are). */
import { createHmac, hash } from "node:crypto";

/** @param keyTime `<start>;<end>`, Unix seconds */
export function stringToSign(keyTime: string, httpString: string): string {
  return `sha1\n${keyTime}\n${hash("sha1", httpString)}\n`;
}

/** hex(HMAC-SHA1(signKey, text)) */
export function signatureOf(signKey: string, text: string): string {
  return createHmac("sha1", signKey).update(text).digest("hex");
}
