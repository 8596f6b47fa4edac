/**
 * Who signs. Credentials are asked for at send time, for each request: a function lives longer than its keys do.
 */
import { UserError } from "../../vocabulary/errors.ts";
import type { Credentials } from "./signature.ts";

/** Who knows what requests are signed with. It is asked for each request: a function's process outlives its keys. */
export interface CredentialsProvider {
  /**
   * What to sign the next request with.
   * @param now by the client's clock, milliseconds: what was found within the last second may be answered again. Absent: it
   *   must be found anew
   */
  get(now?: number): Promise<Credentials> | Credentials;
  /**
   * Fetches new ones after the service called the present ones expired. The client calls it once for all requests that
   * learn of it together.
   */
  refresh?(): Promise<void>;
}

/** Variables, like process.env. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** TENCENTCLOUD_* as the platform names them; ORIGINALS_ARCHIVE_* for an archive in another account. */
export type CredentialsPrefix = "TENCENTCLOUD" | "ORIGINALS_ARCHIVE";

/** Credentials that are read from an environment, at once. */
export interface EnvironmentCredentials extends CredentialsProvider {
  get(now?: number): Credentials;
}

/** What was read is good for so long, milliseconds: at thousands of requests a second reading costs as signing does. */
const FRESH_MS = 1_000;

/**
 * Reads `<prefix>_SECRETID`, `<prefix>_SECRETKEY` and, of temporary credentials, `<prefix>_SESSIONTOKEN`, anew once a second
 * and where no time is told. Where all three ORIGINALS_ARCHIVE_* are unset (or empty),
 * TENCENTCLOUD_* are taken: one set or the other, never a mixture of two.
 *
 * `get` throws UserError `MissingCredentials`, which names the variables.
 *
 * @example
 * ```ts
 * import { environmentCredentials } from "cos-originals";
 *
 * const credentials = environmentCredentials({ TENCENTCLOUD_SECRETID: "AKIDexample", TENCENTCLOUD_SECRETKEY: "example-key" });
 * console.log(credentials.get().secretId); // prints AKIDexample
 * ```
 */
export function environmentCredentials(
  env: Environment,
  prefix: CredentialsPrefix = "TENCENTCLOUD",
): EnvironmentCredentials {
  let last: Credentials | undefined;
  let readAt = 0;
  return {
    get(now) {
      if (last !== undefined && now !== undefined && Math.abs(now - readAt) < FRESH_MS) return last;
      last = undefined;
      last = read(env, prefix);
      readAt = now ?? Number.NEGATIVE_INFINITY;
      return last;
    },
  };
}

function read(env: Environment, prefix: CredentialsPrefix): Credentials {
  const own = setOf(env, prefix);
  if (prefix === "TENCENTCLOUD") return own ?? missing(`${prefix}_SECRETID and ${prefix}_SECRETKEY`);
  return (
    own ??
    setOf(env, "TENCENTCLOUD") ??
    missing(`TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY (or ${prefix}_SECRETID and ${prefix}_SECRETKEY)`)
  );
}

function setOf(env: Environment, prefix: CredentialsPrefix): Credentials | undefined {
  const [id, key, token] = (["SECRETID", "SECRETKEY", "SESSIONTOKEN"] as const).map((name) => env[`${prefix}_${name}`]);
  return credentialsOf(prefix, id?.trim(), key?.trim(), token?.trim());
}

function credentialsOf(
  prefix: CredentialsPrefix,
  secretId: string | undefined,
  secretKey: string | undefined,
  sessionToken: string | undefined,
): Credentials | undefined {
  if (secretId && secretKey) return sessionToken ? { secretId, secretKey, sessionToken } : { secretId, secretKey };
  if (secretId) return missing(`${prefix}_SECRETKEY`, `${prefix}_SECRETID is set`);
  if (secretKey) return missing(`${prefix}_SECRETID`, `${prefix}_SECRETKEY is set`);
  if (sessionToken) return missing(`${prefix}_SECRETID and ${prefix}_SECRETKEY`, `${prefix}_SESSIONTOKEN is set`);
  return undefined;
}

function missing(variables: string, though?: string): never {
  throw new UserError(
    "MissingCredentials",
    `a request to COS can't be signed: ${though === undefined ? "" : `${though}, but not its companion; `}` +
      `set ${variables} in the environment`,
  );
}

/** The same credentials for ever. */
export function staticCredentials(credentials: Credentials): CredentialsProvider {
  return { get: () => credentials };
}
