/**
 * The request signature of the CMQ data plane (TDMQ for CMQ, document 1111/46415; the "v1" signature of Tencent Cloud's API 2.0).
 *
 *   text      = METHOD host path ? k1=v1&k2=v2…      sorted by key, values as they are, `_` in keys written as `.`
 *   Signature = base64(HMAC-SHA256(SecretKey, text))
 */
import { createHmac } from "node:crypto";

export function tdmqSignature(
  method: "POST" | "GET",
  url: URL,
  parameters: ReadonlyMap<string, string>,
  secretKey: string,
): string {
  const sorted = [...parameters]
    .map(([key, value]) => [key.replaceAll("_", "."), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${key}=${value}`)
    .join("&");
  return createHmac("sha256", secretKey).update(`${method}${url.host}${url.pathname}?${sorted}`).digest("base64");
}
