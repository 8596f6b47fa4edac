/**
 * Credentials in JSON, as those write them who give them out: tccli's files, the machine's metadata service, STS of either cloud, and what AWS calls
 * `credential_process`. Which of them it is, is told by the names. What is wrong is said without quoting any of it.
 */
import type { FoundCredentials } from "../renewing.ts";

/** @param what begins the sentence that is thrown: `the file "keys.json"` @throws Error */
export function readCredentialsDocument(text: string, what: string): FoundCredentials {
  const fields = fieldsOf(parsed(text, what));
  const refusal = textOf(fields, ["Code"]);
  if (refusal !== undefined && refusal !== "Success") {
    throw new Error(`${what} holds no credentials, but says ${JSON.stringify(refusal.slice(0, 60))}`);
  }
  const secretId = textOf(fields, ["TmpSecretId", "SecretId", "secretId", "secret_id", "AccessKeyId"]);
  const secretKey = textOf(fields, ["TmpSecretKey", "SecretKey", "secretKey", "secret_key", "SecretAccessKey"]);
  const sessionToken = textOf(fields, ["Token", "token", "SessionToken", "sessionToken"]);
  if (secretId === undefined || secretKey === undefined) {
    throw new Error(
      `${what} names no ${secretId === undefined ? "secret id (SecretId, TmpSecretId or AccessKeyId)" : "secret key (SecretKey, TmpSecretKey or SecretAccessKey)"}`,
    );
  }
  const credentials = sessionToken === undefined ? { secretId, secretKey } : { secretId, secretKey, sessionToken };
  const until = endOf(fields, what);
  return until === undefined ? { credentials } : { credentials, until };
}

type Fields = ReadonlyMap<string, unknown>;

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    // The parser's own message quotes what it read.
    throw new Error(`${what} is no JSON`);
  }
}

/** With those of what it is wrapped in: `{"Response": {"Credentials": {…}, "ExpiredTime": …}}`. */
function fieldsOf(document: unknown): Fields {
  if (typeof document !== "object" || document === null) return new Map();
  const fields = new Map<string, unknown>(Object.entries(document));
  for (const name of ["Response", "Credentials", "credentials"]) {
    for (const [inner, value] of fieldsOf(fields.get(name))) fields.set(inner, value);
  }
  return fields;
}

function textOf(fields: Fields, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields.get(name);
    if (typeof value === "string" && value.trim() !== "") return value.trim();
  }
  return undefined;
}

function endOf(fields: Fields, what: string): number | undefined {
  for (const name of ["ExpiredTime", "expiredTime", "expiresAt", "Expiration", "expiration"]) {
    const value = fields.get(name);
    if (value === undefined || value === null || value === "") continue;
    return readEnd(value) ?? refuseEnd(what, name);
  }
  return undefined;
}

function refuseEnd(what: string, name: string): never {
  throw new Error(`${what} has a ${name} that is no time`);
}

/** Seconds since the epoch, as a number or in digits, or a time as ISO 8601 writes it: milliseconds, or undefined where it is neither. */
export function readEnd(value: unknown): number | undefined {
  const seconds =
    typeof value === "number" ? value : typeof value === "string" && /^\d+$/.test(value) ? Number(value) : undefined;
  // Some write milliseconds: as seconds those would be thousands of years ahead.
  if (seconds !== undefined)
    return Number.isFinite(seconds) && seconds > 0 ? (seconds < 1e11 ? seconds * 1_000 : seconds) : undefined;
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
