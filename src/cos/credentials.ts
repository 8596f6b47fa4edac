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
  const own = reader(env, prefix);
  if (prefix === "TENCENTCLOUD") return { get: () => own() ?? missing(`${prefix}_SECRETID and ${prefix}_SECRETKEY`) };
  const common = reader(env, "TENCENTCLOUD");
  return {
    get: () =>
      own() ??
      common() ??
      missing(`TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY (or ${prefix}_SECRETID and ${prefix}_SECRETKEY)`),
  };
}

/** Looks anew each time; as long as the variables are what they were, so are the credentials. */
function reader(env: Environment, prefix: CredentialsPrefix): () => Credentials | undefined {
  const names = [`${prefix}_SECRETID`, `${prefix}_SECRETKEY`, `${prefix}_SESSIONTOKEN`] as const;
  let last: { id: string; key: string; token: string | undefined; credentials: Credentials } | undefined;
  return () => {
    const id = env[names[0]];
    const key = env[names[1]];
    const token = env[names[2]];
    if (last !== undefined && last.id === id && last.key === key && last.token === token) return last.credentials;
    const credentials = credentialsOf(prefix, id?.trim(), key?.trim(), token?.trim());
    if (credentials !== undefined && id !== undefined && key !== undefined) last = { id, key, token, credentials };
    return credentials;
  };
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
