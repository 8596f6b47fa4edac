/**
 * What webhooks are signed with: what ORIGINALS_WEBHOOK_SECRET says, or what AWS keeps under the name that it says. That is read once, and anew
 * after a receiver refused what was signed.
 */
import { readSecret, type SecretWorld, secretReference } from "../credentials/aws-secret.ts";
import type { Clock } from "../vocabulary/clock.ts";
import { secretVariable } from "./webhook-signature.ts";

export interface WebhookSecret {
  /** The secrets' text, as readSecrets takes it. Rejects with a UserError. */
  get(): Promise<string | undefined> | string | undefined;
  /** The receiver takes no such signature: it may know a newer secret. */
  refused(): void;
}

/** Between two looks for a newer one, milliseconds. */
const LOOK_MS = 60_000;

export function webhookSecret(world: SecretWorld & { readonly clock: Pick<Clock, "elapsed"> }): WebhookSecret {
  const { environment, clock } = world;
  let reading: Promise<string> | undefined;
  let readAt = 0;
  return {
    get() {
      const text = environment.ORIGINALS_WEBHOOK_SECRET;
      const reference = secretReference(text, secretVariable);
      if (reference === undefined) return text;
      if (reading === undefined) {
        readAt = clock.elapsed();
        const begun = readSecret(reference, world);
        reading = begun;
        begun.catch(() => {
          reading = undefined;
        });
      }
      return reading;
    },
    refused() {
      if (clock.elapsed() - readAt >= LOOK_MS) reading = undefined;
    },
  };
}
