/**
 * Credentials that have to be looked up: kept, renewed before they end and after the service refused them, by one look-up for all who wait. No timer
 * runs: they are renewed by being asked for, as each request does.
 */
import { endingStage, mayRenewRefused, renewalOf, timeLeft } from "../policy/credentials/renewal.ts";
import { type Clock, isoTime, type Random } from "../vocabulary/clock.ts";
import { ensureError } from "../vocabulary/errors.ts";
import type { Log } from "../vocabulary/log.ts";
import { createRedaction, createSecrets } from "../vocabulary/redaction.ts";
import { type Credentials, type CredentialsProvider, sameCredentials } from "./credentials.ts";

/** Where credentials are looked up: a file, a command, a service. */
export interface CredentialsOrigin {
  /** Completes "they are from …", for people: `the file "/etc/keys.json"`. It may change with what was found. */
  readonly from: () => string;
  /** Whoever asks again before the end gets newer ones. Otherwise somebody else has to put them there. */
  readonly renews: boolean;
  /** Looking costs nothing, so that it is done so often, milliseconds. */
  readonly lookEvery?: number | undefined;
  /** Bounded in time by itself. Rejects with a UserError, without any secret in its text. */
  readonly find: () => Promise<FoundCredentials>;
}

export interface FoundCredentials {
  readonly credentials: Credentials;
  /** When they end, milliseconds since the epoch; absent: never, or it is not said. */
  readonly until?: number | undefined;
}

/** What renewing needs of the world. */
export interface RenewingWorld {
  readonly clock: Pick<Clock, "now">;
  readonly random: Random;
  readonly log: Log;
}

/**
 * A provider over an origin. Before anything was found `get` rejects as the origin does; later it gives what is held, whatever becomes of
 * renewing it: whether keys have ended is for the service to say. `refresh` rejects where nothing could be found.
 */
export function renewingCredentials(
  origin: CredentialsOrigin,
  { clock, random, log }: RenewingWorld,
): CredentialsProvider {
  let held: (FoundCredentials & { readonly foundAt: number; readonly jitter: number }) | undefined;
  let vain = 0;
  let triedAt = 0;
  /** Of the attempts since the last that succeeded, the first one's error. */
  let failing: Error | undefined;
  let underway: Promise<void> | undefined;
  let refusedAt: number | undefined;
  let stage = 0;

  /** One look-up for all who wait for it. */
  const renew = (): Promise<void> => {
    underway ??= lookUp().finally(() => {
      underway = undefined;
    });
    return underway;
  };

  async function lookUp(): Promise<void> {
    let found: FoundCredentials;
    try {
      found = await origin.find();
    } catch (thrown) {
      triedAt = clock.now();
      vain += 1;
      const error = ensureError(thrown);
      if (held !== undefined && failing === undefined) tellFailure(held, error);
      failing ??= error;
      throw error;
    }
    triedAt = clock.now();
    const isNewer =
      held === undefined || !sameCredentials(held.credentials, found.credentials) || found.until !== held.until;
    if (failing !== undefined && held !== undefined)
      log.info("The credentials could be renewed again.", { from: origin.from() });
    failing = undefined;
    // What is only looked at is no attempt in vain while it holds.
    vain = isNewer || origin.lookEvery !== undefined ? 0 : vain + 1;
    if (!isNewer) return;
    held = { ...found, foundAt: triedAt, jitter: random() };
    stage = 0;
  }

  function tellFailure({ credentials, until }: FoundCredentials, error: Error): void {
    const { secretId, secretKey, sessionToken } = credentials;
    const redact = createRedaction(createSecrets([secretId, secretKey, sessionToken]));
    log.warn("The credentials could not be renewed; the present ones are used on, and it is tried again.", {
      from: origin.from(),
      ...(until === undefined ? {} : { until: isoTime(until) }),
      error: redact(error.message),
    });
  }

  /** Nobody renews them, or it fails: then whoever can do something about it is told in time. */
  function tellEnding({ until }: FoundCredentials, now: number): void {
    if (until === undefined || (origin.renews && failing === undefined)) return;
    const due = endingStage(until - now);
    if (due <= stage) return;
    stage = due;
    const left = until - now;
    log.warn(
      left <= 0
        ? "The credentials have ended, by this machine's clock, and nobody has renewed them: what the service refuses is halted, and can be resumed."
        : `The credentials end in ${timeLeft(left)}, and ${origin.renews ? "could not be renewed" : "are renewed by nobody here"}: put new ones there in time, or the run is halted then, and can be resumed.`,
      { from: origin.from(), until: isoTime(until) },
    );
  }

  return {
    get(now) {
      if (held === undefined) return renew().then(() => (held as FoundCredentials).credentials);
      const at = now ?? clock.now();
      tellEnding(held, at);
      const { lookEvery } = origin;
      const renewal =
        now === undefined && lookEvery !== undefined ? "wait" : renewalOf({ ...held, vain, triedAt, lookEvery }, at);
      if (renewal === "use") return held.credentials;
      const renewed = renew();
      if (renewal === "wait") {
        const given = () => (held as FoundCredentials).credentials;
        return renewed.then(given, given);
      }
      renewed.catch(() => undefined);
      return held.credentials;
    },
    async refresh() {
      const now = clock.now();
      if (!mayRenewRefused(refusedAt, now)) {
        if (underway !== undefined) return underway;
        if (failing !== undefined) throw failing;
        return;
      }
      refusedAt = now;
      await renew();
    },
    told: () =>
      held && {
        from: origin.from(),
        temporary: held.credentials.sessionToken !== undefined,
        until: held.until,
        renews: origin.renews,
      },
  };
}
