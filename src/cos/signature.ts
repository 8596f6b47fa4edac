/**
 * The request signature of the COS XML API (document 436/7778, q-sign-algorithm=sha1).
 *
 *   SignKey      = hex(HMAC-SHA1(SecretKey, KeyTime))           KeyTime = "<start>;<end>", Unix seconds
 *   HttpString   = method \n decoded path \n parameters \n headers \n
 *   StringToSign = sha1 \n KeyTime \n hex(SHA1(HttpString)) \n
 *   Signature    = hex(HMAC-SHA1(SignKey as its 40 hex characters, StringToSign))
 *
 * Parameters and headers are `name=value` pairs, both URL-encoded, names lower-cased after encoding, sorted, joined by `&`.
 */
import { createHash, createHmac } from "node:crypto";

export interface Credentials {
  readonly secretId: string;
  readonly secretKey: string;
  /** Of temporary credentials; travels as x-cos-security-token. */
  readonly sessionToken?: string | undefined;
}

/** What is signed. `path` is decoded and begins with `/`; query and header values are decoded as well. */
export interface SignableRequest {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** COS's URL encoding: UTF-8; `A-Z a-z 0-9 - _ . ~` stay, all else is %XX in upper case. A lone surrogate counts as U+FFFD. */
export function urlEncode(text: string): string {
  if (/^[A-Za-z0-9\-_.~]*$/.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A key as it stands in a request target: encoded, its slashes left alone. */
export function encodeKey(key: string): string {
  return /^[A-Za-z0-9\-_.~/]*$/.test(key) ? key : urlEncode(key).replaceAll("%2F", "/");
}

function canonicalPairs(pairs: readonly (readonly [string, string])[]): { names: string; text: string } {
  if (pairs.length === 0) return { names: "", text: "" };
  const encoded = pairs.map(([name, value]) => [urlEncode(name).toLowerCase(), urlEncode(value)] as const);
  encoded.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
  let names = "";
  let text = "";
  let separator = "";
  for (const [name, value] of encoded) {
    names += separator === "" ? name : `;${name}`;
    text += `${separator}${name}=${value}`;
    separator = "&";
  }
  return { names, text };
}

/** The HttpString of a request and the two lists that name what it covers. */
export function httpString(request: SignableRequest): { text: string; headerList: string; parameterList: string } {
  const parameters = canonicalPairs(request.query);
  const headers = canonicalPairs(request.headers);
  return {
    text: `${request.method.toLowerCase()}\n${request.path}\n${parameters.text}\n${headers.text}\n`,
    headerList: headers.names,
    parameterList: parameters.names,
  };
}

export function stringToSign(keyTime: string, httpStringText: string): string {
  return `sha1\n${keyTime}\n${createHash("sha1").update(httpStringText).digest("hex")}\n`;
}

export function signKey(secretKey: string, keyTime: string): string {
  return createHmac("sha1", secretKey).update(keyTime).digest("hex");
}

export function signatureOf(key: string, text: string): string {
  return createHmac("sha1", key).update(text).digest("hex");
}

/** The value of the Authorization header. `key` is `signKey(secretKey, keyTime)`, given where it is cached. */
export function authorization(
  request: SignableRequest,
  credentials: Credentials,
  keyTime: string,
  key: string = signKey(credentials.secretKey, keyTime),
): string {
  const { text, headerList, parameterList } = httpString(request);
  const signature = signatureOf(key, stringToSign(keyTime, text));
  return (
    `q-sign-algorithm=sha1&q-ak=${credentials.secretId}&q-sign-time=${keyTime}&q-key-time=${keyTime}` +
    `&q-header-list=${headerList}&q-url-param-list=${parameterList}&q-signature=${signature}`
  );
}

/** Clocks differ: a signature is valid from a minute ago. */
const EARLY_SECONDS = 60;
/** One window serves this long, so that its SignKey is computed once … */
const REUSE_SECONDS = 300;
/** … and any signature stays valid for at least this long after it was made. */
const VALID_SECONDS = 900;

/**
 * Signs with one KeyTime window, and so one SignKey, for five minutes of requests.
 * `nowSeconds` is the service's clock as far as it is known (skew corrected).
 */
export function createSigner(): (request: SignableRequest, credentials: Credentials, nowSeconds: number) => string {
  let window: { from: number; secretKey: string; keyTime: string; key: string } | undefined;
  return (request, credentials, nowSeconds) => {
    const now = Math.floor(nowSeconds);
    if (
      window === undefined ||
      window.secretKey !== credentials.secretKey ||
      now < window.from ||
      now >= window.from + REUSE_SECONDS
    ) {
      const keyTime = `${now - EARLY_SECONDS};${now + REUSE_SECONDS + VALID_SECONDS}`;
      window = { from: now, secretKey: credentials.secretKey, keyTime, key: signKey(credentials.secretKey, keyTime) };
    }
    return authorization(request, credentials, window.keyTime, window.key);
  };
}
