/**
 * Refusals for lack of permission. One says something about a key; a streak of them, confirmed by a probe of the bucket,
 * says that every key is refused. Until it is known which, the outcomes wait: they fail, unless the run is halted.
 */
import type { Bucket } from "../cos/bucket.ts";
import { isCosError } from "../cos/error.ts";
import type { Outcome } from "../ledger/outcome.ts";

/** Refusals without a success between them that are worth a probe. */
const STREAK = 10;

export interface Refusals {
  /** A row was refused. Resolves with the reason to halt the run, where there is one. */
  refused(outcome: Outcome): Promise<string | undefined>;
  /** A row was fetched: what was refused before it was about those keys. */
  succeeded(): void;
  /** The outcomes that still wait; called once, at the end of the shard. */
  rest(halted: boolean): readonly Outcome[];
}

export function createRefusals(source: Bucket, record: (outcome: Outcome) => void): Refusals {
  let waiting: Outcome[] = [];
  let streak = 0;
  return {
    async refused(outcome) {
      waiting.push(outcome);
      if (++streak % STREAK !== 0) return undefined;
      return (await isRefused(source))
        ? `${streak} keys in a row were refused by cos://${source.name}, and so is the bucket itself: ${outcome.message}`
        : undefined;
    },
    succeeded() {
      streak = 0;
      for (const outcome of waiting) record(outcome);
      waiting = [];
    },
    rest: (halted) =>
      waiting.map((outcome) => (halted ? { ...outcome, outcome: "pending" as const, attempts: 0 } : outcome)),
  };
}

async function isRefused(source: Bucket): Promise<boolean> {
  try {
    await source.list({ maxKeys: 1 });
    return false;
  } catch (error) {
    return isCosError(error) && error.status === 403;
  }
}
