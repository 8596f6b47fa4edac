/** Who signs for COS where --credentials-from names a secret that AWS keeps, or --archive-credentials-from one for archive and ledger. */
import type { SettingValues } from "../../config/settings.ts";
import { type SecretWorld, secretOrigin } from "../../credentials/aws-secret.ts";
import type { CredentialsProvider } from "../../credentials/credentials.ts";
import { isSet } from "../../credentials/environment.ts";
import {
  type CredentialsOrigin,
  type FoundCredentials,
  type RenewingWorld,
  renewingCredentials,
} from "../../credentials/renewing.ts";
import { type NamedSecret, readOrigin } from "../../policy/credentials/origin.ts";
import type { Clock } from "../../vocabulary/clock.ts";

export interface SecretSigners {
  /** Absent: no secret is named. */
  readonly source?: CredentialsProvider | undefined;
  readonly archive?: CredentialsProvider | undefined;
}

type World = SecretWorld & RenewingWorld & { readonly clock: Pick<Clock, "elapsed"> };

/** What brings a secret's credentials, and keeps them. @param said the setting that names it, for messages */
export function openSecret({ kind: service, name }: NamedSecret, said: string, world: World): CredentialsProvider {
  const origin = secretOrigin({ service, name, variable: said }, world);
  return renewingCredentials({ ...origin, find: () => timed(origin, world) }, world);
}

function signer(text: string | undefined, said: string, world: World): CredentialsProvider | undefined {
  const named = readOrigin(text ?? "");
  return "kind" in named && (named.kind === "ssm" || named.kind === "secretsmanager")
    ? openSecret(named, said, world)
    : undefined;
}

/** A function's first invocation waits for it, which nothing else would tell apart from its own work. */
async function timed({ find, from }: CredentialsOrigin, { clock, log }: World): Promise<FoundCredentials> {
  const began = clock.elapsed();
  const found = await find();
  log.info("The credentials were looked up.", { from: from(), ms: Math.round(clock.elapsed() - began) });
  return found;
}

/**
 * What is named is stronger than what stands in the environment: a platform puts keys of its own there. Those of the archive are its own,
 * named or in the environment, else the source's.
 */
export function secretSigners(
  { credentialsFrom, archiveCredentialsFrom }: Pick<SettingValues, "credentialsFrom" | "archiveCredentialsFrom">,
  world: World,
): SecretSigners {
  const source = signer(credentialsFrom, "ORIGINALS_CREDENTIALS_FROM", world);
  const archive = signer(archiveCredentialsFrom, "ORIGINALS_ARCHIVE_CREDENTIALS_FROM", world);
  const isOwn = archiveCredentialsFrom !== undefined || isSet(world.environment, "ORIGINALS_ARCHIVE");
  return { source, archive: isOwn ? archive : source };
}
