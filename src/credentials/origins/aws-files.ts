/**
 * The shared files of the AWS tools (AWS SDKs and Tools Reference Guide, "Shared config and credentials files"): `~/.aws/credentials` with `[NAME]`, and
 * `~/.aws/config` with `[profile NAME]`; the former goes before the latter. AWS_PROFILE says which profile, AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE
 * where they are.
 */
import { join } from "node:path";
import { quote } from "../../vocabulary/errors.ts";
import type { Environment } from "../credentials.ts";
import type { CredentialsOrigin, FoundCredentials } from "../renewing.ts";
import { readEnd } from "./document.ts";
import { LOOK_EVERY } from "./file.ts";
import { readSmallFile } from "./file-text.ts";
import { homeOf } from "./home.ts";
import { readIni } from "./ini.ts";
import { missing, systemCode } from "./missing.ts";

/** What both files say of one profile. */
export interface AwsProfile {
  readonly name: string;
  /** undefined where neither file has it. */
  readonly values: ReadonlyMap<string, string> | undefined;
}

export async function readAwsProfile(environment: Environment): Promise<AwsProfile> {
  const name = environment.AWS_PROFILE?.trim() || environment.AWS_DEFAULT_PROFILE?.trim() || "default";
  const config = await sectionsOf(environment.AWS_CONFIG_FILE, "config", environment);
  const credentials = await sectionsOf(environment.AWS_SHARED_CREDENTIALS_FILE, "credentials", environment);
  const ofConfig = config.get(`profile ${name}`) ?? (name === "default" ? config.get("default") : undefined);
  const ofCredentials = credentials.get(name);
  if (ofConfig === undefined && ofCredentials === undefined) return { name, values: undefined };
  return { name, values: new Map([...(ofConfig ?? []), ...(ofCredentials ?? [])]) };
}

/** A file that is not there has no sections. */
async function sectionsOf(said: string | undefined, name: string, environment: Environment) {
  const path = said?.trim() || join(homeOf(environment), ".aws", name);
  try {
    return readIni(await readSmallFile(path));
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === "ENOENT" || code === "ENOTDIR") return readIni("");
    throw missing("AWS", `the file ${quote(path)} can't be read (${code}); may this user read it?`, thrown);
  }
}

/** Are there keys in it, rather than a way to get some? */
export const hasKeys = ({ values }: AwsProfile): boolean => values?.has("aws_access_key_id") === true;

/** The keys of a profile that has some, looked at once a second. */
export function awsFilesOrigin(environment: Environment): CredentialsOrigin {
  let from = "the AWS tools' files";
  return {
    from: () => from,
    renews: false,
    lookEvery: LOOK_EVERY,
    async find() {
      const profile = await readAwsProfile(environment);
      from = `the AWS tools' files (profile ${profile.name})`;
      return keysOf(profile);
    },
  };
}

function keysOf({ name, values }: AwsProfile): FoundCredentials {
  const secretId = values?.get("aws_access_key_id");
  const secretKey = values?.get("aws_secret_access_key");
  if (!secretId || !secretKey) {
    throw missing(
      "AWS",
      `the profile ${quote(name)} has no ${secretId ? "aws_secret_access_key" : "aws_access_key_id"}`,
    );
  }
  const sessionToken = values?.get("aws_session_token");
  // Not the AWS tools' own: those who write temporary keys into these files say so in one of these.
  const until = readEnd(
    values?.get("x_security_token_expires") ?? values?.get("aws_expiration") ?? values?.get("expiration"),
  );
  const credentials = sessionToken ? { secretId, secretKey, sessionToken } : { secretId, secretKey };
  return until === undefined ? { credentials } : { credentials, until };
}
