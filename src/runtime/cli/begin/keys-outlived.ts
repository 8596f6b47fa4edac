/** Will the keys hold as long as the run takes? `plan` says so where they will not, and nobody renews them. */
import { timeLeft } from "../../../policy/credentials/renewal.ts";
import { formatSeconds } from "../../../report/quantity.ts";
import { isoTime } from "../../../vocabulary/clock.ts";
import type { AllSigners } from "../../settings/surroundings-from-settings.ts";
import { type StoredPlaces, signersBetween } from "./doctor-credentials.ts";

/**
 * A sentence for each that signs with keys that end before a run would that begins now.
 *
 * @param seconds that the run is thought to take
 */
export async function keysOutlived(
  signers: AllSigners,
  places: StoredPlaces,
  { now, seconds }: { readonly now: number; readonly seconds: number },
): Promise<readonly string[]> {
  const sentences: string[] = [];
  for (const [what, signer] of signersBetween(signers, places)) {
    try {
      await signer.get();
    } catch {
      // Planning a local file needs no credentials; whoever lacks them is told by what needs them.
      continue;
    }
    const told = signer.told?.();
    if (told?.until === undefined || told.renews) continue;
    const left = told.until - now;
    if (left >= seconds * 1_000) continue;
    const end = left > 0 ? `end in ${timeLeft(left)}, at ${isoTime(told.until)}` : `ended at ${isoTime(told.until)}`;
    sentences.push(
      `The run takes about ${formatSeconds(seconds)}, and the keys that sign requests to ${what} (from ${told.from}) ${end}; nobody renews them here: put new ones there in time, or the run is halted then, and can be resumed.`,
    );
  }
  return sentences;
}
