/** What is said, in English, of pending rows that wait until their originals are restored: spelt once for terminals and pages. */
import { counted, verbOf } from "../vocabulary/counted.ts";
import type { RunState, Summary } from "./summary.ts";

/** @param restoring its time as it is to be printed. A sentence without its full stop. */
export function restoringText(state: RunState, { rows, lookAt, days }: NonNullable<Summary["restoring"]>): string {
  const waiting = `${counted(rows, "row")} of the pending ${verbOf(rows, "waits", "wait")} until ${verbOf(rows, "its original is", "their originals are")} restored from an archive class`;
  return state === "running"
    ? `${waiting}; the next look is at ${lookAt}`
    : `${waiting}, which needs nobody at work: go on after ${lookAt}, and within the ${counted(days, "day")} that the copies are kept, or they are restored, and paid for, once more`;
}
