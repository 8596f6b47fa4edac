/** The request of a run, made of what is to be archived: the same for a message, `run`, `submit` and `redrive`. */
import { createHash } from "node:crypto";
import { needsOf } from "../../ledger/needs.ts";
import { type RunRequest, requestIdentity } from "../../ledger/plan/request.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { toolVersion } from "../../vocabulary/version.ts";

/** What is to be archived, from where, to where, and how. */
export type RunDescription = Pick<RunRequest, "source" | "archive" | "rows" | "options" | "redriveOf">;

/**
 * The request of a run, for runHere.
 *
 * @param run its id; without one the same description is the same run, and another manifest is another
 */
export function newRequest(
  description: RunDescription,
  run: string | undefined,
  { clock }: { readonly clock: Pick<Clock, "now"> },
): RunRequest {
  const needs = needsOf(description.options, description.archive);
  return {
    schema: "cos-originals/request@1",
    run: run ?? deriveRunId(description),
    ...description,
    ...(needs === undefined ? undefined : { needs: [...needs] }),
    askedAt: new Date(clock.now()).toISOString(),
    tool: toolVersion,
  };
}

export function deriveRunId(description: RunDescription): string {
  // Without the default of what older versions did not know, or the same description would be another run to them.
  const {
    "archived-class": archivedClass,
    history,
    "from-archive": fromArchive,
    ...older
  } = requestIdentity(description);
  const identity = {
    ...older,
    ...(archivedClass === "fail" ? undefined : { "archived-class": archivedClass }),
    ...(history === "none" ? undefined : { history }),
    ...(fromArchive === "no" ? undefined : { fromArchive }),
  };
  const digest = createHash("sha256").update(JSON.stringify(identity)).digest("hex");
  return `m-${digest.slice(0, 20)}`;
}

/**
 * A scheduled run is named by its time, so that tonight's is another than last night's, and by what is to be archived, so that
 * two schedules of one moment may share a ledger.
 */
export function scheduledRunId(scheduledAt: string, description: RunDescription): string {
  const time = new Date(scheduledAt).toISOString().replace(/[-:]|\.\d+/g, "");
  return `${description.rows.kind}-${time}-${deriveRunId(description).slice(2, 10)}`;
}

/** SHA-256 of inline rows, as they were given. */
export function digestOf(keys: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(keys)).digest("hex");
}
