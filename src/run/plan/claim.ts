/** What is asked for, and whether it is the same thing as before. */

import { createHash } from "node:crypto";
import { createRequest, type RunRequest, readRequest, requestIdentity } from "../../ledger/plan/request.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { UserError } from "../../vocabulary/errors.ts";

/** The run id of a request that brings none: the same request is the same run, another manifest is another. */
export function deriveRunId(request: Pick<RunRequest, "source" | "archive" | "rows" | "options">): string {
  const digest = createHash("sha256")
    .update(JSON.stringify(requestIdentity(request)))
    .digest("hex");
  return `m-${digest.slice(0, 20)}`;
}

/** SHA-256 of inline rows, as they were given. */
export function digestOf(keys: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(keys)).digest("hex");
}

/**
 * Writes the request of a new run, or makes sure that the run which is there was asked the same thing (UserError
 * `RunDiffers`, which names what differs). Resolves with the request that rules.
 */
export async function claimRun(ledger: LedgerStore, request: RunRequest): Promise<RunRequest> {
  return sameThing((await readRequest(ledger)) ?? (await createRequest(ledger, request)), request);
}

/** Throws UserError `RunDiffers` where a run was asked something else. */
export function sameThing(before: RunRequest, now: RunRequest): RunRequest {
  const was = requestIdentity(before);
  const is = requestIdentity(now);
  for (const [field, value] of Object.entries(is)) {
    if (was[field] === value) continue;
    throw new UserError(
      "RunDiffers",
      `The run ${JSON.stringify(now.run)} exists and was asked something else: its ${field} is ${JSON.stringify(was[field])}, now it is ${JSON.stringify(value)}; choose another run id.`,
    );
  }
  return before;
}
