/**
 * Which of the objects that a run archived are verified, as far as its ledger tells that: by key and size. When an original was modified
 * last the ledger does not say, and what a copy says of itself is what is to be verified.
 */
import { type RunRequest, type StoredRows, scopeOf } from "../../ledger/plan/request.ts";
import type { RunOptions } from "../../ledger/plan/run-options.ts";
import type { Outcome } from "../../vocabulary/outcome.ts";
import type { LeftOut, LeftOutBy, PlanEntries } from "../plan/entry.ts";
import { rowsOf } from "../plan/rows.ts";
import { judgeOfKeys, outOfScope } from "../plan/scope.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export interface VerifyScope extends Pick<RunOptions, "filter" | "minSize" | "maxSize"> {
  readonly except?:
    | {
        readonly source: StoredRows;
        /** The rows of a file of this process; undefined where it lies in a bucket. */
        readonly rows: ((sourceBucket: string) => PlanEntries) | undefined;
      }
    | undefined;
}

/** Why an object is not verified; undefined where it is. */
export type ScopeJudge = (outcome: Outcome) => LeftOutBy | undefined;

/** Throws UserError `ManifestElsewhere`, `ManifestNotAsSaid`, `ManifestTooLong`, and what reading the manifest throws. */
export async function judgeOfScope(
  { except, filter, minSize, maxSize }: VerifyScope,
  request: RunRequest,
  surroundings: Surroundings,
  signal: AbortSignal | undefined,
): Promise<ScopeJudge> {
  const options = { ...request.options, filter, minSize, maxSize, newerThan: undefined };
  const scope = scopeOf({ ...request, options, except: except?.source });
  if (scope === undefined) return () => undefined;
  const read =
    except === undefined
      ? undefined
      : (except.rows?.bind(undefined, request.source.bucket) ??
        (() => rowsOf({ ...request, rows: except.source }, surroundings, { signal })));
  const byKey = await judgeOfKeys(scope, read, surroundings.random);
  return (outcome) => byKey(outcome) ?? outOfScope({ size: outcome.receivedSize, modified: undefined }, scope);
}

export const totalLeftOut = (leftOut: LeftOut | undefined): number =>
  Object.values(leftOut ?? {}).reduce<number>((sum, count) => sum + (count ?? 0), 0);
