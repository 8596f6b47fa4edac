/** `run` on one machine: plan, archive, finalize in this process, over the same ledger and the same steps as any queue. */

import type { RunRequest } from "../ledger/run-document.ts";
import type { ManifestEntry } from "../manifest/row.ts";
import type { Summary } from "../report/summary.ts";
import type { Place } from "./messages.ts";
import type { Progress, Surroundings } from "./surroundings.ts";

export interface RunAsk {
  readonly ledger: Place;
  /** What is asked; `request.run` names the run. A run of that id that was asked something else is refused (UserError RunDiffers). */
  readonly request: RunRequest;
  /** The rows, read anew at each call; not needed (never called) where the run is planned already. */
  readonly rows: () => AsyncIterable<readonly ManifestEntry[]>;
}

export interface RunEnd {
  readonly summary: Summary;
  /** Key prefix of everything about the run in the ledger bucket, ending in `/`. */
  readonly prefix: string;
}

/**
 * Runs to rest, or until `signal` aborts (then the summary's state is `incomplete` and the run can be continued).
 * Errors: UserError (usage, manifest), RefusedError (credentials or permission, before work began), CosError.
 */
export type RunHere = (
  ask: RunAsk,
  surroundings: Surroundings,
  options?: { readonly signal?: AbortSignal; readonly onProgress?: (progress: Progress) => void },
) => Promise<RunEnd>;
