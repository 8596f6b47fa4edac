/**
 * Who signs. Credentials are asked for at send time, for each request: a function lives longer than its keys do.
 */
import { UserError } from "../errors.ts";
import type { Credentials } from "./signature.ts";

export interface CredentialsProvider {
  /** What to sign the next request with. */
  get(): Promise<Credentials> | Credentials;
  /**
   * Fetches new ones after the service called the present ones expired. The client calls it once for all requests that
   * learn of it together.
   */
  refresh?(): Promise<void>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** TENCENTCLOUD_* as the platform names them; ORIGINALS_ARCHIVE_* for an archive in another account. */
export type CredentialsPrefix = "TENCENTCLOUD" | "ORIGINALS_ARCHIVE";

/**
 * Reads `<prefix>_SECRETID`, `<prefix>_SECRETKEY` and, of temporary credentials, `<prefix>_SESSIONTOKEN` anew at every
 * request. Where all three ORIGINALS_ARCHIVE_* are unset (or empty), TENCENTCLOUD_* are taken: one set or the other,
 * never a mixture of two.
 *
 * `get` throws UserError `MissingCredentials`, which names the variables.
 */
export function environmentCredentials(
  env: Environment,
  prefix: CredentialsPrefix = "TENCENTCLOUD",
): CredentialsProvider {
  return {
    get() {
      if (prefix === "TENCENTCLOUD") return read(env, prefix) ?? missing(`${prefix}_SECRETID and ${prefix}_SECRETKEY`);
      return (
        read(env, prefix) ??
        read(env, "TENCENTCLOUD") ??
        missing(`TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY (or ${prefix}_SECRETID and ${prefix}_SECRETKEY)`)
      );
    },
  };
}

function read(env: Environment, prefix: CredentialsPrefix): Credentials | undefined {
  const secretId = env[`${prefix}_SECRETID`]?.trim();
  const secretKey = env[`${prefix}_SECRETKEY`]?.trim();
  const sessionToken = env[`${prefix}_SESSIONTOKEN`]?.trim();
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
