/** An original in an archive class gives nothing out before it is restored: what follows, by `--archived-class`. Pure. */
import { archivedAs, isInArchiveTier, type Readable } from "../../cos/exchange/restored.ts";
import { restoreOf } from "../../ledger/plan/run-options.ts";
import { givenUpAfterMs, mostRestores, untilNextLook } from "../../policy/restore.ts";
import { longestRestoreMs, type RestoreTier } from "../../vocabulary/choices.ts";
import { isoTime } from "../../vocabulary/clock.ts";
import type { RestoreWait } from "../../vocabulary/outcome.ts";
import type { Knowledge, Rules, Verdict } from "./knowledge.ts";

/** POST the source: it is to be restored. Costs money, and what comes of it is seen hours later. */
export interface RestoreStep {
  readonly kind: "restore";
  readonly storageClass: string;
  readonly tier: RestoreTier;
  /** Absent where no copy is made. */
  readonly days?: number | undefined;
}

/** What a HEAD says of it. */
export type Frozen = Exclude<Readable, "yes" | "unasked">;

const DAY_MS = 86_400_000;

/** The original is in an archive class and can't be fetched: it is restored where `--archived-class restore` says so, and waited for. */
export function whereFrozen(
  knowledge: Knowledge,
  state: Frozen,
  rules: Pick<Rules, "options" | "now">,
): RestoreStep | { readonly kind: "ask-archive" } | { readonly kind: "end"; readonly verdict: Verdict } {
  const how = restoreOf(rules.options);
  if (how === undefined) return { kind: "end", verdict: notRestored(knowledge, state, rules) };
  const { restore } = knowledge;
  const now = rules.now();
  const storageClass = classOf(knowledge) ?? "ARCHIVE";
  const waitedMs = restore === undefined ? 0 : Math.max(0, now - Date.parse(restore.askedAt));
  // A copy that was there is gone, as the run was stopped for days; or what was to be restored has been replaced. How long a copy that
  // somebody else asked for is kept nobody here knows.
  const isPast = restore?.asked === 0 || waitedMs >= how.days * DAY_MS || isReplaced(knowledge);
  const isGone = restore !== undefined && restore.asked < mostRestores && isPast;
  if (state === "being-restored" || (restore !== undefined && !isGone)) {
    if (waitedMs >= givenUpAfterMs) return { kind: "end", verdict: neverRestored(storageClass, waitedMs) };
    return { kind: "end", verdict: waits(restore, storageClass, restore?.asked ?? 0, now) };
  }
  if (knowledge.unrestorable !== undefined)
    return { kind: "end", verdict: notRestorable(storageClass, knowledge.unrestorable) };
  // What the archive holds already need not be restored.
  if (knowledge.archive === "unasked") return { kind: "ask-archive" };
  if (longestRestoreMs(storageClass, how.tier) === undefined)
    return { kind: "end", verdict: noSuchTier(storageClass, how.tier) };
  const isTiered = knowledge.head !== undefined && isInArchiveTier(knowledge.head.headers);
  return { kind: "restore", storageClass, tier: how.tier, days: isTiered ? undefined : how.days };
}

/** As it is now: asked for at this moment, where `before` is undefined. */
function waits(before: RestoreWait | undefined, storageClass: string, asked: number, now: number): Verdict {
  const askedAt = before?.askedAt ?? isoTime(now);
  const lookAt = isoTime(now + untilNextLook(Math.max(0, now - Date.parse(askedAt))));
  return { kind: "waits", restore: { storageClass, askedAt, lookAt, asked } };
}

/** Is what lies there now younger than the restore that was asked for? The service tells the time in whole seconds. */
const isReplaced = ({ head, restore }: Pick<Knowledge, "head" | "restore">): boolean =>
  restore !== undefined && (head?.lastModified ?? 0) + 1_000 > Date.parse(restore.askedAt);

/** What a restore was answered: begun; somebody restores it already; it can be read, and needs none; or what lies there can't be restored. */
export type RestoreAnswer = "begun" | "under-way" | "readable" | { readonly unrestorable: string };

export function restoreAnswered(
  knowledge: Knowledge,
  { storageClass }: Pick<RestoreStep, "storageClass">,
  answer: RestoreAnswer,
  rules: Pick<Rules, "now">,
): Knowledge {
  // It may be another object by now, or of another class: it is looked at again.
  if (typeof answer === "object") return { ...restoreLost(knowledge, { storageClass }), ...answer };
  if (answer === "readable") return { ...knowledge, restored: true };
  const { restore } = knowledge;
  const begun = answer === "begun";
  const asked = (restore?.asked ?? 0) + (begun ? 1 : 0);
  return { ...knowledge, verdict: waits(begun ? undefined : restore, storageClass, asked, rules.now()) };
}

/** A restore may have been begun though its answer was lost: before it is asked for again the source is looked at. */
export const restoreLost = (knowledge: Knowledge, { storageClass }: Pick<RestoreStep, "storageClass">): Knowledge => ({
  ...knowledge,
  head: undefined,
  storageClass: classOf(knowledge) ?? storageClass,
});

/** What says so: the newest HEAD, else the row. */
export const classOf = ({ head, storageClass }: Pick<Knowledge, "head" | "storageClass">): string | undefined =>
  (head && archivedAs(head.headers)) ?? head?.headers["x-cos-storage-class"] ?? storageClass;

const failedByState = (message: string): Verdict => ({ kind: "failed", code: "InvalidObjectState", message });

const neverRestored = (storageClass: string, waitedMs: number): Verdict =>
  failedByState(
    `the original is in the archive class ${storageClass}, and was still not restored ${Math.round(waitedMs / DAY_MS)} days after that was asked for; ask the service why, then redrive the run`,
  );

const notRestorable = (storageClass: string, said: string): Verdict =>
  failedByState(
    `by a HEAD the original is in the archive class ${storageClass} and not restored, and to a restore the service says that it is in no state for it: ${said}`,
  );

const noSuchTier = (storageClass: string, tier: RestoreTier): Verdict =>
  failedByState(
    `the original is in the archive class ${storageClass}, which is not restored by --restore-tier ${tier}; redrive the run with Standard or Bulk`,
  );

/** The original can't be fetched, and `--archived-class` says what follows; the code is the service's own for it. */
export function notRestored(
  { head, storageClass }: Knowledge,
  state: Frozen,
  { options }: Pick<Rules, "options">,
): Verdict {
  const named = classOf({ head, storageClass });
  const stored = `the original is in ${named === undefined ? "an archive class" : `the archive class ${named}`}`;
  const is = state === "being-restored" ? "is being restored" : "is not restored";
  const again = state === "being-restored" ? "wait until that is over" : "restore it";
  if (options.archivedClass !== "skip") {
    return {
      kind: "failed",
      code: "InvalidObjectState",
      message: `${stored} and ${is}: ${again}, then redrive the run`,
    };
  }
  const message = `${stored} and ${is}, and --archived-class skip leaves it out: ${again}, then run again`;
  return { kind: "left-out", message };
}
