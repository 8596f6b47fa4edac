/** The request of a run, made of what is to be archived: the same for a message, `run`, `submit` and `redrive`. */
import { createHash } from "node:crypto";
import { needsOf } from "../../ledger/needs.ts";
import { type RunRequest, saidIdentity } from "../../ledger/plan/request.ts";
import { capOf } from "../../policy/money/cap.ts";
import { type Prices, usualPrices } from "../../policy/money/cost.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { toolVersion } from "../../vocabulary/version.ts";

/** What is to be archived, from where, to where, and how. */
export type RunDescription = Pick<RunRequest, "source" | "archive" | "rows" | "except" | "options" | "redriveOf">;

/**
 * The request of a run, for runHere.
 *
 * @param run its id; without one the same description is the same run, and another manifest is another
 */
export function newRequest(
  description: RunDescription,
  run: string | undefined,
  {
    clock,
    settings,
  }: {
    readonly clock: Pick<Clock, "now">;
    readonly settings?: { readonly prices?: Prices | undefined } | undefined;
  },
): RunRequest {
  const needs = needsOf(description);
  return {
    schema: "cos-originals/request@1",
    run: run ?? deriveRunId(description),
    ...description,
    ...(capOf(description.options) === undefined
      ? undefined
      : { prices: pricesOfCap(settings?.prices ?? usualPrices) }),
    ...(needs === undefined ? undefined : { needs: [...needs] }),
    askedAt: new Date(clock.now()).toISOString(),
    tool: toolVersion,
  };
}

/** Those that a cap is reckoned by. */
function pricesOfCap({ currency, processing, requests, restoreRequests, ...others }: Prices): RunRequest["prices"] {
  const { restoreArchive, restoreDeepArchive } = others;
  return {
    currency,
    processing,
    requests,
    restoreRequests,
    ...(restoreArchive === undefined ? undefined : { restoreArchive }),
    ...(restoreDeepArchive === undefined ? undefined : { restoreDeepArchive }),
  };
}

export function deriveRunId(description: RunDescription): string {
  const digest = createHash("sha256")
    .update(JSON.stringify(saidIdentity(description)))
    .digest("hex");
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
