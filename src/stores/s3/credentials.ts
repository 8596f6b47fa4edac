/** Who signs requests to S3: AWS_*, apart from Tencent's keys, read at send time, since a function lives longer than its keys do. */
import type { CredentialsProvider, Environment } from "../../cos/signing/credentials.ts";
import type { Credentials } from "../../cos/signing/signature.ts";
import { UserError } from "../../vocabulary/errors.ts";

/** What was read is good for so long, milliseconds. */
const FRESH_MS = 1_000;

/**
 * Reads AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, of temporary credentials, AWS_SESSION_TOKEN, anew once a second and where no time
 * is told. `get` throws UserError `MissingCredentials`, which names the variables.
 */
export function awsEnvironmentCredentials(env: Environment): CredentialsProvider {
  let last: Credentials | undefined;
  let readAt = 0;
  return {
    get(now) {
      if (last !== undefined && now !== undefined && Math.abs(now - readAt) < FRESH_MS) return last;
      last = undefined;
      last = read(env);
      readAt = now ?? Number.NEGATIVE_INFINITY;
      return last;
    },
  };
}

function read(env: Environment): Credentials {
  const secretId = env.AWS_ACCESS_KEY_ID?.trim();
  const secretKey = env.AWS_SECRET_ACCESS_KEY?.trim();
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
