/** Carries out a batch where no server does it: one entry after the other, each with a result of its own. */
import { SQSServiceException } from "./error.ts";
import { failedEntry } from "./limits.ts";
import type { BatchResultErrorEntry } from "./shapes.ts";

/** Carries out each entry of a batch by itself; what SQS would refuse is listed, anything else is thrown. */
export function eachEntry<Entry extends { Id: string | undefined }, Result extends object>(
  entries: readonly Entry[],
  carryOut: (entry: Entry) => Result,
) {
  const Successful: (Result & { Id: string | undefined })[] = [];
  const Failed: BatchResultErrorEntry[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ ...carryOut(entry), Id: entry.Id } as Result & { Id: string | undefined });
    } catch (error) {
      if (!(error instanceof SQSServiceException)) throw error;
      Failed.push(failedEntry(entry.Id, error));
    }
  }
  return { Successful, Failed };
}
