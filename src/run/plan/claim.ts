/** Of two requests with one run id: is it the same run? */
import { createRequest, putRequest, type RunRequest, readRequest, requestIdentity } from "../../ledger/plan/request.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { UserError } from "../../vocabulary/errors.ts";

/**
 * Writes the request of a new run, or makes sure that the run which is there was asked the same thing (UserError
 * `RunDiffers`, which names what differs). Resolves with the request that rules.
 */
export async function claimRun(ledger: LedgerStore, request: RunRequest): Promise<RunRequest> {
  return sameRun((await readRequest(ledger)) ?? (await createRequest(ledger, request)), request);
}

export interface Claim {
  /** Nobody had claimed the run. */
  readonly isFirst: boolean;
  /** What rules, read back: rejects with UserError `RunDiffers` where somebody claimed it for something else at the same moment. */
  readonly ruling: Promise<RunRequest>;
}

/**
 * The same of a run of which the ledger held nothing just now. Whoever was first goes on by its own request meanwhile, and looks at what
 * rules before its plan does: a bucket that ever had versioning lets a second request take the place of the first.
 */
export async function claimNewRun(ledger: LedgerStore, request: RunRequest): Promise<Claim> {
  const { isFirst, ruling } = await putRequest(ledger, request);
  const same = ruling.then((there) => sameRun(there, request));
  same.catch(() => undefined);
  return { isFirst, ruling: same };
}

/** Throws UserError `RunDiffers` where a run was asked something else. */
export function sameRun(before: RunRequest, now: RunRequest): RunRequest {
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
