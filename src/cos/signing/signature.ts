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
import { createHmac } from "node:crypto";
import type { Credentials } from "../../credentials/credentials.ts";
import { bytesOfValue } from "../../http/exchange/header-values.ts";
import { oncePerNameList, type Pair } from "../../http/port/header-names.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { createSign, type Sign } from "./signing-key.ts";

/** What is signed. `path` is decoded and begins with `/`; query and header values are decoded as well. */
export interface SignableRequest {
  readonly method: string;
  readonly path: string;
  readonly query: readonly Pair[];
  readonly headers: readonly Pair[];
}

/** COS's URL encoding: UTF-8; `A-Z a-z 0-9 - _ . ~` stay, all else is %XX in upper case. A lone surrogate counts as U+FFFD. */
export function urlEncode(text: string): string {
  if (/^[A-Za-z0-9\-_.~]*$/.test(text)) return text;
  const encoded = encodeURIComponent(text.toWellFormed());
  // Looked for first, as a replacement that replaces nothing costs three times as much.
  if (!/[!'()*]/.test(encoded)) return encoded;
  return encoded.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The same of a header's value, which may be no UTF-8: its bytes are what is sent, and what is signed. */
function encodeValue(value: string): string {
  if (value.isWellFormed()) return urlEncode(value);
  let text = "";
  for (const byte of bytesOfValue(value)) {
    text += byte < 0x80 ? urlEncode(String.fromCharCode(byte)) : `%${byte.toString(16).toUpperCase()}`;
  }
  return text;
}

/** A key as it stands in a request target: encoded, its slashes left alone. */
export function encodeKey(key: string): string {
  return /^[A-Za-z0-9\-_.~/]*$/.test(key) ? key : urlEncode(key).replaceAll("%2F", "/");
}

/** How a list of names becomes canonical: which are where, and what stands before each value. */
interface Shape {
  /** Position among the names, by place in the text. */
  readonly order: readonly number[];
  /** `name=`, and `&name=` after the first, by place. */
  readonly before: readonly string[];
  /** `a;b` */
  readonly list: string;
  /** A name comes twice: then the values say which is first. */
  readonly repeats: boolean;
  /** The value that was encoded last, by place: a host, or a content type, is the same for many. */
  readonly lastValue: string[];
  readonly lastEncoded: string[];
}

const shapeOf = oncePerNameList((names): Shape => {
  const encoded = names.map((name) => urlEncode(name).toLowerCase());
  const order = [...names.keys()].sort((a, b) => compare(encoded[a] as string, encoded[b] as string));
  const sorted = order.map((at) => encoded[at] as string);
  return {
    order,
    before: sorted.map((name, place) => `${place === 0 ? "" : "&"}${name}=`),
    list: sorted.join(";"),
    repeats: new Set(encoded).size < encoded.length,
    lastValue: sorted.map(() => ""),
    lastEncoded: sorted.map(() => ""),
  };
});

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function canonicalPairs(pairs: readonly Pair[]): { readonly names: string; readonly text: string } {
  if (pairs.length === 0) return nothingCanonical;
  const shape = shapeOf(pairs);
  if (shape.repeats) return { names: shape.list, text: repeatedText(pairs) };
  const { order, before, lastValue, lastEncoded } = shape;
  let text = "";
  for (let place = 0; place < order.length; place++) {
    const value = (pairs[order[place] as number] as Pair)[1];
    if (value !== lastValue[place]) {
      lastValue[place] = value;
      lastEncoded[place] = encodeValue(value);
    }
    text += before[place] as string;
    text += lastEncoded[place] as string;
  }
  return { names: shape.list, text };
}

function repeatedText(pairs: readonly Pair[]): string {
  return pairs
    .map(([name, value]) => [urlEncode(name).toLowerCase(), encodeValue(value)] as const)
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

const nothingCanonical = { names: "", text: "" };

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

export function signKey(secretKey: string, keyTime: string): string {
  return createHmac("sha1", secretKey).update(keyTime).digest("hex");
}

/** What signs the requests of one KeyTime window, and what all its signatures begin with. */
interface Window {
  readonly head: string;
  readonly sign: Sign;
}

/** @throws UserError `MalformedSecretId` */
export function checkSecretId({ secretId }: Pick<Credentials, "secretId">): void {
  if (/^[\x21-\x7e]*$/.test(secretId)) return;
  const message =
    "a request to COS can't be signed: the secret id has a character that none has, a space perhaps; " +
    "check TENCENTCLOUD_SECRETID, and ORIGINALS_ARCHIVE_SECRETID where it is set";
  throw new UserError("MalformedSecretId", message);
}

/** @throws UserError `MalformedSecretId` */
function windowOf(credentials: Credentials, keyTime: string): Window {
  const { secretId, secretKey } = credentials;
  checkSecretId(credentials);
  return {
    head: `q-sign-algorithm=sha1&q-ak=${secretId}&q-sign-time=${keyTime}&q-key-time=${keyTime}&q-header-list=`,
    sign: createSign(signKey(secretKey, keyTime), keyTime),
  };
}

/** The value of the Authorization header. */
export function authorization(request: SignableRequest, credentials: Credentials, keyTime: string): string {
  return signed(request, windowOf(credentials, keyTime));
}

function signed(request: SignableRequest, { head, sign }: Window): string {
  const { text, headerList, parameterList } = httpString(request);
  return `${head}${headerList}&q-url-param-list=${parameterList}&q-signature=${sign(text)}`;
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
  let window: (Window & { readonly from: number; readonly secretId: string; readonly secretKey: string }) | undefined;
  return (request, credentials, nowSeconds) => {
    const { secretId, secretKey } = credentials;
    const now = Math.floor(nowSeconds);
    if (
      window === undefined ||
      window.secretKey !== secretKey ||
      window.secretId !== secretId ||
      now < window.from ||
      now >= window.from + REUSE_SECONDS
    ) {
      const keyTime = `${now - EARLY_SECONDS};${now + REUSE_SECONDS + VALID_SECONDS}`;
      window = { ...windowOf(credentials, keyTime), from: now, secretId, secretKey };
    }
    return signed(request, window);
  };
}
