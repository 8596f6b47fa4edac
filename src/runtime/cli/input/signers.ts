/** Who signs what a command sends: what `--credentials-from` names, or the environment, or the files that the clouds' own tools keep. */
import type { Settings } from "../../../config/read.ts";
import { awsEnvironmentCredentials, isAwsSet } from "../../../credentials/aws-environment.ts";
import { type CredentialsPrefix, environmentCredentials, isSet } from "../../../credentials/environment.ts";
import { lateCredentials } from "../../../credentials/late.ts";
import type { OriginsWorld } from "../../../credentials/origins/open.ts";
import { readOrigin } from "../../../policy/credentials/origin.ts";
import type { AllSigners } from "../../settings/surroundings-from-settings.ts";

/** All but the environment is opened, and its code read, when it is first asked for. */
export function signersOf(settings: Pick<Settings, "values" | "said">, world: OriginsWorld): AllSigners {
  const { environment } = world;
  const { values } = settings;
  const { credentialsFrom, archiveCredentialsFrom } = values;
  const aws = isAwsSet(environment)
    ? awsEnvironmentCredentials(environment)
    : lateCredentials(async () => (await origins()).openAwsDefault(world));
  const said = (name: "credentialsFrom" | "archiveCredentialsFrom", prefix: CredentialsPrefix) => {
    const text = values[name];
    const named = readOrigin(text ?? "");
    // The setting was refused where it names none.
    if ("fault" in named || named.kind === "environment") return environmentCredentials(environment, prefix);
    if (named.kind !== "ssm" && named.kind !== "secretsmanager") {
      return lateCredentials(async () => (await origins()).openOrigin(named, settings.said(name), world));
    }
    return lateCredentials(async () => {
      const [{ openSecret }, { httpOf }] = await Promise.all([
        import("../../settings/secret-signers.ts"),
        import("../../../http/of-environment.ts"),
      ]);
      return openSecret(named, settings.said(name), { ...world, credentials: aws, createHttp: httpOf(environment) });
    });
  };
  const source =
    credentialsFrom !== undefined
      ? said("credentialsFrom", "TENCENTCLOUD")
      : isSet(environment, "TENCENTCLOUD")
        ? environmentCredentials(environment)
        : lateCredentials(async () => (await origins()).openTencentDefault(world));
  const archive =
    archiveCredentialsFrom !== undefined
      ? said("archiveCredentialsFrom", "ORIGINALS_ARCHIVE")
      : isSet(environment, "ORIGINALS_ARCHIVE")
        ? environmentCredentials(environment, "ORIGINALS_ARCHIVE")
        : source;
  return { source, archive, aws };
}

const origins = () => import("../../../credentials/origins/open.ts");
