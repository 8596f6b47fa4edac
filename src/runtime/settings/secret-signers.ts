/** Who signs for COS where the environment names secrets that AWS keeps: ORIGINALS_SECRET, and ORIGINALS_ARCHIVE_SECRET for archive and ledger. */
import { type SecretReference, type SecretWorld, secretOrigin, secretReference } from "../../credentials/aws-secret.ts";
import type { CredentialsProvider } from "../../credentials/credentials.ts";
import { isSet } from "../../credentials/environment.ts";
import { type RenewingWorld, renewingCredentials } from "../../credentials/renewing.ts";
import { UserError } from "../../vocabulary/errors.ts";

export interface SecretSigners {
  /** Absent: none is named. */
  readonly source?: CredentialsProvider | undefined;
  readonly archive?: CredentialsProvider | undefined;
}

/**
 * What is named is stronger than what stands in the environment: a platform puts keys of its own there. Those of the archive are its own,
 * by name or in the environment, else the source's.
 *
 * @throws UserError `InvalidSetting`
 */
export function secretSigners(world: SecretWorld & RenewingWorld): SecretSigners {
  const { environment } = world;
  const signer = (reference: SecretReference | undefined) =>
    reference && renewingCredentials(secretOrigin(reference, world), world);
  const source = signer(named(environment.ORIGINALS_SECRET, "ORIGINALS_SECRET"));
  const archive = signer(named(environment.ORIGINALS_ARCHIVE_SECRET, "ORIGINALS_ARCHIVE_SECRET"));
  return { source, archive: archive ?? (isSet(environment, "ORIGINALS_ARCHIVE") ? undefined : source) };
}

function named(text: string | undefined, variable: string): SecretReference | undefined {
  const reference = secretReference(text, variable);
  if (reference !== undefined || (text ?? "").trim() === "") return reference;
  // Its value may be a secret, put there by mistake.
  const message = `${variable} names no secret of AWS; ssm:/cos-originals/cos or secretsmanager:cos-originals/cos would do, for it takes a name, not the secret itself.`;
  throw new UserError("InvalidSetting", message);
}
