/** From what is said, or not, to who signs. Read by the command line alone, when the environment has no credentials. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type NamedOrigin, wordsOf } from "../../policy/credentials/origin.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { quote } from "../../vocabulary/errors.ts";
import type { CredentialsProvider, Environment } from "../credentials.ts";
import { type CredentialsOrigin, type RenewingWorld, renewingCredentials } from "../renewing.ts";
import { awsChainOrigin, chainPackage } from "./aws-chain.ts";
import { awsFilesOrigin, hasKeys, readAwsProfile } from "./aws-files.ts";
import { commandOrigin } from "./command.ts";
import { fileOrigin } from "./file.ts";
import { homeOf } from "./home.ts";
import { machineRole } from "./machine-role.ts";
import { missing } from "./missing.ts";

export interface OriginsWorld extends RenewingWorld {
  readonly environment: Environment;
  readonly clock: Clock;
}

/** Those of a host; of the others functions know too. */
type OfHost = Extract<NamedOrigin, { readonly kind: "file" | "command" | "role" }>;

/** What `--credentials-from` names. @param said the setting as it was given, for messages */
export function openOrigin(named: OfHost, said: string, world: OriginsWorld): CredentialsProvider {
  return renewingCredentials(originOf(named, said, world), world);
}

function originOf(named: OfHost, said: string, { environment, clock }: OriginsWorld): CredentialsOrigin {
  switch (named.kind) {
    case "file":
      return fileOrigin(atHome(named.path, environment), named.profile);
    case "command":
      return commandOrigin({ of: "COS", words: named.words, environment });
    case "role":
      return machineRole({ said, role: named.role, clock });
  }
}

/** A shell leaves `file:~/…` as it is. */
const atHome = (path: string, environment: Environment): string =>
  /^~[/\\]/.test(path) ? join(homeOf(environment), path.slice(2)) : path;

/**
 * Where nothing is said and the environment has none: the files that Tencent's tools keep, the first that is there. Rejects with UserError
 * `MissingCredentials`.
 */
export async function openTencentDefault(world: OriginsWorld): Promise<CredentialsProvider> {
  const { environment } = world;
  const profile = environment.TENCENTCLOUD_PROFILE?.trim() || undefined;
  const said = environment.TENCENTCLOUD_CREDENTIALS_FILE?.trim();
  const home = homeOf(environment);
  const ofSdks = join(home, ".tencentcloud", "credentials");
  const ofTccli = join(home, ".tccli", `${profile ?? "default"}.credential`);
  const path = said || [ofSdks, ofTccli].find((each) => existsSync(each));
  if (path === undefined) {
    throw missing(
      "COS",
      `set TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY in the environment, or say with --credentials-from where they are; neither ${quote(ofSdks)} nor ${quote(ofTccli)} is there`,
    );
  }
  return renewingCredentials(fileOrigin(path, profile), world);
}

/**
 * The same of AWS: the shared files' profile, its `credential_process`, and whatever else the AWS tools know, where their own code is installed. Rejects with
 * UserError `MissingCredentials`.
 *
 * @param from where that code is looked for
 */
export async function openAwsDefault(world: OriginsWorld, from?: string): Promise<CredentialsProvider> {
  const { environment, clock } = world;
  const profile = await readAwsProfile(environment);
  if (hasKeys(profile)) return renewingCredentials(awsFilesOrigin(environment), world);
  const [program, ...rest] = wordsOf(profile.values?.get("credential_process") ?? "") ?? [];
  if (program) return renewingCredentials(commandOrigin({ of: "AWS", words: [program, ...rest], environment }), world);
  const chain = await awsChainOrigin(clock, from);
  if (chain !== undefined) return renewingCredentials(chain, world);
  const lacks =
    profile.values === undefined
      ? `there is no profile ${quote(profile.name)} in the AWS tools' files`
      : `the profile ${quote(profile.name)} has neither keys nor a credential_process`;
  throw missing(
    "AWS",
    `set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment; ${lacks}, and for roles, single sign-on, containers and machines ${chainPackage} has to be installed beside cos-originals`,
  );
}
