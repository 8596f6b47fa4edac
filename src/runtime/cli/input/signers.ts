/** Who signs what a command sends: what `--credentials-from` names, or the environment, or the files that the clouds' own tools keep. */
import type { Settings } from "../../../config/read.ts";
import { awsEnvironmentCredentials, isAwsSet } from "../../../credentials/aws-environment.ts";
import type { CredentialsProvider } from "../../../credentials/credentials.ts";
import { type CredentialsPrefix, environmentCredentials, isSet } from "../../../credentials/environment.ts";
import { lateCredentials } from "../../../credentials/late.ts";
import type { OriginsWorld } from "../../../credentials/origins/open.ts";
import { readOrigin } from "../../../policy/credentials/origin.ts";
import type { AllSigners } from "../../settings/surroundings-from-settings.ts";

/** All but the environment is opened, and its code read, when it is first asked for. */
export function signersOf({ values }: Pick<Settings, "values">, world: OriginsWorld): AllSigners {
  const { environment } = world;
  const { credentialsFrom, archiveCredentialsFrom } = values;
  const said = (text: string, prefix: CredentialsPrefix) => signerSaid(text, prefix, world);
  const aws = isAwsSet(environment)
    ? awsEnvironmentCredentials(environment)
    : lateCredentials(async () => (await origins()).openAwsDefault(world));
  const named = (role: "source" | "archive") =>
    lateCredentials(async () => {
      const [{ secretSigners }, { httpOf }] = await Promise.all([
        import("../../settings/secret-signers.ts"),
        import("../../settings/surroundings-from-settings.ts"),
      ]);
      const signers = secretSigners({ ...world, credentials: aws, createHttp: httpOf(environment) });
      // One of the two is set, or this would not have been asked for.
      return signers[role] ?? environmentCredentials(environment);
    });
  const source =
    credentialsFrom !== undefined
      ? said(credentialsFrom, "TENCENTCLOUD")
      : environment.ORIGINALS_SECRET
        ? named("source")
        : isSet(environment, "TENCENTCLOUD")
          ? environmentCredentials(environment)
          : lateCredentials(async () => (await origins()).openTencentDefault(world));
  const archive =
    archiveCredentialsFrom !== undefined
      ? said(archiveCredentialsFrom, "ORIGINALS_ARCHIVE")
      : environment.ORIGINALS_ARCHIVE_SECRET
        ? named("archive")
        : isSet(environment, "ORIGINALS_ARCHIVE")
          ? environmentCredentials(environment, "ORIGINALS_ARCHIVE")
          : source;
  return { source, archive, aws };
}

const origins = () => import("../../../credentials/origins/open.ts");

function signerSaid(text: string, prefix: CredentialsPrefix, world: OriginsWorld): CredentialsProvider {
  const named = readOrigin(text);
  // The setting was refused where it names none.
  if ("fault" in named || named.kind === "environment") return environmentCredentials(world.environment, prefix);
  return lateCredentials(async () => (await origins()).openOrigin(named, world));
}
