/** Where the credentials come from that a run would sign with, and until when they hold. Of a key itself no more than the last four characters of its id. */
import type { Credentials, CredentialsProvider, CredentialsTold } from "../../../credentials/credentials.ts";
import { endingStage, timeLeft } from "../../../policy/credentials/renewal.ts";
import { type Finding, finding } from "../../../run/inspect/doctor-findings.ts";
import type { OtherStore } from "../../../vocabulary/address.ts";
import { isoTime } from "../../../vocabulary/clock.ts";
import type { AllSigners } from "../../settings/surroundings-from-settings.ts";

interface Stored {
  readonly store?: OtherStore | undefined;
}

export interface StoredPlaces {
  readonly archive: Stored;
  readonly ledger: Stored;
}

/** Who signs what of a run between these places. */
export function signersBetween(
  { source, archive, aws }: AllSigners,
  places: StoredPlaces,
): readonly (readonly [what: string, signer: CredentialsProvider])[] {
  const stores = [places.archive.store, places.ledger.store];
  return [
    ["the source", source],
    ...(archive !== source && stores.includes(undefined) ? [["archive and ledger in COS", archive] as const] : []),
    ...(stores.includes("s3") ? [["archive and ledger in S3", aws] as const] : []),
  ];
}

/** One for each that signs. Rejects with UserError `MissingCredentials`. */
export async function* credentialsFindings(
  signers: AllSigners,
  places: StoredPlaces,
  now: () => number,
): AsyncGenerator<Finding> {
  const known = new Set<string>();
  for (const [what, signer] of signersBetween(signers, places)) {
    const credentials = await signer.get();
    const found = credentialsFinding(what, credentials, signer.told?.(), now());
    // The archive's are the source's where none of its own are set.
    const text = found.says.slice(found.says.indexOf(" are signed"));
    if (known.has(text)) continue;
    known.add(text);
    yield found;
  }
}

export function credentialsFinding(
  what: string,
  { secretId }: Credentials,
  told: CredentialsTold | undefined,
  now: number,
): Finding {
  const id = secretId.length < 16 ? "" : ` (id ending in ${secretId.slice(-4)})`;
  const from = told === undefined ? "" : ` from ${told.from}`;
  const signed = (how: string) => `requests to ${what} are signed ${how}${id}${from}`;
  if (told?.temporary !== true && told?.until === undefined)
    return finding("credentials", "good", signed("with permanent keys"));
  const { until, renews } = told;
  const after = renews
    ? "they are renewed before they end"
    : "nobody renews them here: a run that outlives them is halted, and can be resumed, unless new ones are put there in time";
  if (until === undefined) {
    return finding(
      "credentials",
      renews ? "good" : "warning",
      `${signed("with temporary keys")}; when they end is not known, and ${after}`,
    );
  }
  const left = until - now;
  const end =
    left > 0
      ? `they hold until ${isoTime(until)}, for ${timeLeft(left)}`
      : `they ended at ${isoTime(until)}, by this machine's clock`;
  const isNear = left <= 0 || (!renews && endingStage(left) > 0);
  return finding("credentials", isNear ? "warning" : "good", `${signed("with temporary keys")}; ${end}; ${after}`);
}
