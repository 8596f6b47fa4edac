/** Credentials of Tencent Cloud as the platform gives them to a process: variables of its environment. */
import { UserError } from "../vocabulary/errors.ts";
import type { Credentials, CredentialsProvider, CredentialsTold, Environment } from "./credentials.ts";

/** TENCENTCLOUD_* as the platform names them; ORIGINALS_ARCHIVE_* for an archive in another account. */
export type CredentialsPrefix = "TENCENTCLOUD" | "ORIGINALS_ARCHIVE";

/** Credentials that are read from an environment, at once. */
export interface EnvironmentCredentials extends CredentialsProvider {
  get(now?: number): Credentials;
  told(): CredentialsTold | undefined;
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
  return fromVariables(
    () => read(env, prefix),
    () => `the environment (${prefix !== "TENCENTCLOUD" && isSet(env, prefix) ? prefix : "TENCENTCLOUD"}_SECRETID)`,
  );
}

/** Read anew once a second, and where no time is told. */
export function fromVariables(read: () => Credentials, from: () => string): EnvironmentCredentials {
  let last: Credentials | undefined;
  let readAt = 0;
  return {
    get(now) {
      if (last !== undefined && now !== undefined && Math.abs(now - readAt) < FRESH_MS) return last;
      last = undefined;
      last = read();
      readAt = now ?? Number.NEGATIVE_INFINITY;
      return last;
    },
    told: () => last && { from: from(), temporary: last.sessionToken !== undefined, renews: false },
  };
}

/** Is any of the three said there? Then they are taken, or refused where they are not whole. */
export function isSet(env: Environment, prefix: CredentialsPrefix): boolean {
  return fields.some((field) => textOf(env, prefix, field) !== "");
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

const fields = ["SECRETID", "SECRETKEY", "SESSIONTOKEN"] as const;
const textOf = (env: Environment, prefix: CredentialsPrefix, field: (typeof fields)[number]): string =>
  env[`${prefix}_${field}`]?.trim() ?? "";

function setOf(env: Environment, prefix: CredentialsPrefix): Credentials | undefined {
  const [secretId, secretKey, sessionToken] = fields.map((field) => textOf(env, prefix, field));
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
