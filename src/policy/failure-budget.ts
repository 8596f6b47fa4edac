/** `--max-failures`: how many failed rows a run may have before it halts. Pure. */
import { nounOf } from "../vocabulary/counted.ts";
export type FailureBudget =
  | { readonly kind: "count"; readonly most: number }
  | { readonly kind: "percent"; readonly most: number };

/** A percentage says nothing about a handful of rows: it is judged from this many on (as S3 Batch does from 1,000). */
export const minimumSample = 1000;

/** Far less than one row of any run, far more than a product's rounding. */
const ROUNDING = 1e-13;

/** Reads `25` or `5%`; undefined where it is neither. */
export function parseFailureBudget(text: string): FailureBudget | undefined {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  if (match === null) return undefined;
  const most = Number(match[1]);
  if (match[2] === "%") return most <= 100 ? { kind: "percent", most } : undefined;
  return Number.isInteger(most) ? { kind: "count", most } : undefined;
}

/** Has the run failed more than it may? `rows` is the whole run's; small runs are judged once all of them are over. */
export function isOverBudget(
  budget: FailureBudget,
  counts: { readonly ended: number; readonly failed: number; readonly rows: number },
): boolean {
  if (budget.kind === "count") return counts.failed > budget.most;
  if (counts.ended < Math.min(minimumSample, counts.rows) || counts.ended === 0) return false;
  // 7 of 100 is 7 %, which 7 / 100 * 100 > 7 would deny: compared without a division, less what floating point adds.
  return counts.failed * 100 > budget.most * counts.ended * (1 + ROUNDING);
}

/** Why a run is halted for its failures. */
export const failureReason = (failed: number, ended: number, maxFailures: string | undefined): string =>
  `${failed} of ${ended} ${nounOf(ended, "row")} failed, more than --max-failures ${maxFailures} allows`;
