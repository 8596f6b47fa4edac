/**
 * Refusals for lack of permission. One says something about a key; a streak of them says that every key is refused: of the
 * source where a probe of the bucket confirms it, of the archive at once, since each row was fetched, and paid for, before
 * it was refused, and no probe but a write would tell. Until it is known which, the outcomes wait: they fail, unless the
 * run is halted.
 */
import type { Bucket } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { Side } from "../task/task.ts";

/** Refusals by one bucket, without a success between them, that make a streak. */
const STREAK = 10;

export interface Refusals {
  /** A row was refused. Resolves with the reason to halt the run, where there is one. */
  refused(outcome: Outcome, by: Side): Promise<string | undefined>;
  /** A row was archived: what was refused before it was about those keys. */
  succeeded(): void;
  /** The outcomes that still wait; called once, at the end of the shard. */
  rest(halted: boolean): readonly Outcome[];
}

export function createRefusals(
  buckets: { readonly source: Bucket; readonly archive: Bucket },
  record: (outcome: Outcome) => void,
): Refusals {
  let waiting: Outcome[] = [];
  const streaks = { source: 0, archive: 0 };
  return {
    async refused(outcome, by) {
      waiting.push(outcome);
      if (++streaks[by] % STREAK !== 0) return undefined;
      const said = `${streaks[by]} keys in a row were refused by cos://${buckets[by].name}`;
      if (by === "archive") return `${said}: ${outcome.message}`;
      return (await isRefused(buckets.source)) ? `${said}, and so is the bucket itself: ${outcome.message}` : undefined;
    },
    succeeded() {
      streaks.source = streaks.archive = 0;
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
    return isBucketError(error) && error.status === 403;
  }
}
