/** Who signs requests to S3 and SQS: AWS_*, apart from Tencent's keys, read at send time, since a function lives longer than its keys do. */
import { UserError } from "../vocabulary/errors.ts";
import type { Credentials, Environment } from "./credentials.ts";
import { type EnvironmentCredentials, fromVariables } from "./environment.ts";

/**
 * Reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, of temporary credentials, AWS_SESSION_TOKEN, anew once a second and where no time
 * is told. `get` throws UserError `MissingCredentials`, which names the variables.
 */
export function awsEnvironmentCredentials(env: Environment): EnvironmentCredentials {
  return fromVariables(
    () => read(env),
    () => `the environment (${ID})`,
  );
}

/** Is either of the two said there? Then they are taken, or refused where they are not whole. */
export const isAwsSet = (env: Environment): boolean => Boolean(env[ID]?.trim() || env[KEY]?.trim());

function read(env: Environment): Credentials {
  const secretId = env[ID]?.trim();
  const secretKey = env[KEY]?.trim();
  const sessionToken = env.AWS_SESSION_TOKEN?.trim();
  if (secretId && secretKey) return sessionToken ? { secretId, secretKey, sessionToken } : { secretId, secretKey };
  const [set, missing] = secretId ? [ID, KEY] : secretKey ? [KEY, ID] : [undefined, `${ID} and ${KEY}`];
  throw new UserError(
    "MissingCredentials",
    `a request to S3 can't be signed: ${set === undefined ? "" : `${set} is set, but not its companion; `}set ${missing} in the environment`,
  );
}

const ID = "AWS_ACCESS_KEY_ID";
const KEY = "AWS_SECRET_ACCESS_KEY";
