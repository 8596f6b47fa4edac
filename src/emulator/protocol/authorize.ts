/**
 * Verifies the request signature of the COS XML API (document 436/7778), strictly: whatever q-header-list and
 * q-url-param-list name must be there and must be what was signed. Three forms: the Authorization header, the `q-*`
 * query parameters of a presigned URL, and the merged `sign=` parameter.
 */
import { timingSafeEqual } from "node:crypto";
import { httpString, type SignableRequest, signKey, urlEncode } from "../../cos/signing/signature.ts";
import { signatureOf, stringToSign } from "../../cos/signing/signing-key.ts";
import type { Credentials } from "../../credentials/credentials.ts";
import { readValue } from "../../http/exchange/header-values.ts";
import type { Switches } from "../faults/switches.ts";
import { decode } from "./address.ts";
import { type KnownCode, Refusal, refusal } from "./refusal.ts";

/** Keys whose signatures the emulator takes. */
export interface EmulatorCredentials extends Credentials {
  /** Temporary credentials end then; milliseconds since the epoch. */
  readonly expiresAt?: number;
}

export type Identity = { readonly kind: "anonymous" } | { readonly kind: "signed"; readonly secretId: string };

export interface PresentedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const FIELDS = [
  "q-sign-algorithm",
  "q-ak",
  "q-sign-time",
  "q-key-time",
  "q-header-list",
  "q-url-param-list",
  "q-signature",
] as const;
type Field = (typeof FIELDS)[number];
type Presented = Readonly<Record<Field, string>>;

const isField = (name: string): name is Field => (FIELDS as readonly string[]).includes(name);
const SKEW_SECONDS = 900;
const TOKEN_NAMES = ["x-cos-security-token", "x-ci-security-token"];

/** `pairs` are those of an Authorization value or of a query; undefined where none is a q-* field. */
function collect(pairs: readonly (readonly [string, string])[]): Presented | undefined {
  const found: Partial<Record<Field, string>> = {};
  let any = false;
  for (const [name, value] of pairs) {
    if (!isField(name)) continue;
    any = true;
    found[name] ??= value;
  }
  if (!any) return undefined;
  const missing = FIELDS.filter((field) => found[field] === undefined);
  if (missing.length > 0) {
    throw refusal("InvalidRequest", { message: `The authorization lacks ${missing.join(", ")}.` });
  }
  return found as Presented;
}

function splitAuthorization(text: string): (readonly [string, string])[] {
  return text
    .trim()
    .split("&")
    .map((part) => {
      const equals = part.indexOf("=");
      return equals === -1 ? ([part, ""] as const) : ([part.slice(0, equals), part.slice(equals + 1)] as const);
    });
}

function present(request: PresentedRequest): Presented | undefined {
  const header = request.headers.authorization;
  if (typeof header === "string" && header !== "") {
    const found = collect(splitAuthorization(header));
    if (!found)
      throw refusal("InvalidRequest", { message: "The Authorization header is not of the form q-sign-algorithm=…" });
    return found;
  }
  const merged = request.query.find(([name]) => name === "sign")?.[1];
  if (merged !== undefined) {
    const found = collect(splitAuthorization(merged));
    if (!found)
      throw refusal("InvalidRequest", { message: "The sign parameter is not of the form q-sign-algorithm=…" });
    return found;
  }
  return collect(request.query);
}

function window(text: string): { start: number; end: number } {
  const [, start, end] = /^(\d{1,15});(\d{1,15})$/.exec(text) ?? [];
  if (start === undefined || end === undefined || Number(end) < Number(start)) {
    throw refusal("InvalidRequest", { message: "q-sign-time and q-key-time must be <start>;<end> in Unix seconds." });
  }
  return { start: Number(start), end: Number(end) };
}

/** Header values are bytes, and their bytes are signed: read as the client reads them, which loses none. */
const headerText = (value: string): string => (/^[\x20-\x7e]*$/.test(value) ? value : readValue(value));

function listed(list: string): Set<string> {
  return new Set(list === "" ? [] : list.split(";").map((name) => name.toLowerCase()));
}

/** What the lists name, out of the request; `missing` are the names that are not there. */
function signedParts(
  request: PresentedRequest,
  presented: Presented,
): { signable: SignableRequest; missing: string[] } {
  const missing: string[] = [];
  const headers: (readonly [string, string])[] = [];
  for (const name of listed(presented["q-header-list"])) {
    const value = request.headers[decode(name)];
    if (value === undefined) missing.push(name);
    else headers.push([decode(name), headerText(Array.isArray(value) ? value.join(", ") : value)]);
  }
  const query: (readonly [string, string])[] = [];
  const parameters = listed(presented["q-url-param-list"]);
  const seen = new Set<string>();
  if (parameters.size > 0) {
    for (const pair of request.query) {
      const name = urlEncode(pair[0]).toLowerCase();
      if (!parameters.has(name)) continue;
      seen.add(name);
      query.push(pair);
    }
    for (const name of parameters) if (!seen.has(name)) missing.push(name);
  }
  return { signable: { method: request.method, path: request.path, query, headers }, missing };
}

function isEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

export type Authorize = (request: PresentedRequest, nowMs: number, switches: Switches) => Identity;

/** `credentials` is asked at each request, so that they can be changed while the emulator runs. */
export function createAuthorize(credentials: () => readonly EmulatorCredentials[]): Authorize {
  /** SignKeys by secret and KeyTime: clients keep a window for minutes. */
  const signKeys = new Map<string, string>();
  function keyFor(secretKey: string, keyTime: string): string {
    const name = `${keyTime} ${secretKey}`;
    let key = signKeys.get(name);
    if (key === undefined) {
      if (signKeys.size >= 1024) signKeys.clear();
      key = signKey(secretKey, keyTime);
      signKeys.set(name, key);
    }
    return key;
  }

  return (request, nowMs, switches) => {
    const presented = present(request);
    if (!presented) return { kind: "anonymous" };
    const forbid = (code: KnownCode, elements: Record<string, string> = {}): Refusal => {
      const plain = refusal(code, { elements });
      if (!switches.namesAsMessage || plain.details.status !== 403) return plain;
      return new Refusal({ ...plain.details, code: "AccessDenied", message: code });
    };
    const serverTime = { ServerTime: new Date(nowMs).toISOString() };

    if (presented["q-sign-algorithm"] !== "sha1") {
      throw refusal("InvalidRequest", { message: "q-sign-algorithm must be sha1." });
    }
    const found = credentials().find((one) => one.secretId === presented["q-ak"]);
    if (!found) throw forbid("InvalidAccessKeyId");

    const now = Math.floor(nowMs / 1000);
    for (const { start, end } of [window(presented["q-key-time"]), window(presented["q-sign-time"])]) {
      if (start > now + switches.earlySignatureToleranceSeconds) throw forbid("RequestTimeTooSkewed", serverTime);
      if (now > end) {
        const code = switches.expiredSignatureCode;
        throw new Refusal({ status: 403, code, message: "Request has expired", elements: serverTime });
      }
    }
    const date = request.headers.date;
    if (typeof date === "string") {
      const sent = Date.parse(date) / 1000;
      if (Math.abs(sent - now) > SKEW_SECONDS) throw forbid("RequestTimeTooSkewed", serverTime);
    }

    const { signable, missing } = signedParts(request, presented);
    const formatString = httpString(signable).text;
    const text = stringToSign(presented["q-sign-time"], formatString);
    const expected = signatureOf(keyFor(found.secretKey, presented["q-key-time"]), text);
    if (missing.length > 0 || !isEqual(expected, presented["q-signature"].toLowerCase())) {
      throw forbid("SignatureDoesNotMatch", {
        StringToSign: text,
        FormatString: formatString,
        ...(missing.length > 0 ? { Missing: missing.join(";") } : {}),
      });
    }
    if (!switches.unlistedParametersAccepted) refuseUnlisted(request, presented);
    checkToken(request, found, nowMs, forbid);
    return { kind: "signed", secretId: found.secretId };
  };
}

function refuseUnlisted(request: PresentedRequest, presented: Presented): void {
  const parameters = listed(presented["q-url-param-list"]);
  for (const [name] of request.query) {
    if (isField(name) || name === "sign" || TOKEN_NAMES.includes(name)) continue;
    if (!parameters.has(urlEncode(name).toLowerCase())) {
      throw refusal("AccessDenied", { message: `The query parameter ${name} is not signed.` });
    }
  }
}

function checkToken(
  request: PresentedRequest,
  credentials: EmulatorCredentials,
  nowMs: number,
  forbid: (code: KnownCode) => Refusal,
): void {
  let token: string | undefined;
  for (const name of TOKEN_NAMES) {
    const header = request.headers[name];
    token ??= typeof header === "string" ? header : request.query.find(([parameter]) => parameter === name)?.[1];
  }
  const expected = credentials.sessionToken;
  if (expected === undefined) {
    if (token !== undefined && token !== "") throw refusal("ExpiredToken");
    return;
  }
  if (token === undefined || token === "") throw forbid("InvalidAccessKeyId");
  if (!isEqual(token, expected)) throw refusal("ExpiredToken");
  if (credentials.expiresAt !== undefined && nowMs >= credentials.expiresAt) throw refusal("ExpiredToken");
}
