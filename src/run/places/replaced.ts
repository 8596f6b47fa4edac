/** What becomes of what a run replaces in the archive: copied to a history first, kept as a version by the bucket, or lost. */
import type { RunRequest } from "../../ledger/plan/request.ts";
import type { Bucket } from "../../objects/bucket.ts";
import { isBucketError } from "../../objects/error.ts";
import { keepsVersions } from "../../objects/keeps-versions.ts";
import type { Versioning } from "../../objects/versions.ts";
import { printAddress } from "../../vocabulary/address.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { historyRange } from "./places-apart.ts";

export type Replaced =
  | { readonly by: "history"; readonly history: string }
  | { readonly by: "versions" | "nothing" | "unknown" }
  /** By --if-exists nothing is ever replaced. */
  | { readonly by: "never" };

type Asked = Pick<RunRequest, "archive"> & {
  readonly options: Pick<RunRequest["options"], "history" | "ifExists">;
};

/**
 * Looks at the archive's bucket; at nothing where the request tells.
 *
 * @throws UserError `HistoryUnsafe` where a history is asked for in a bucket whose versions are suspended
 */
export async function replacedIn(archive: Bucket, { archive: place, options }: Asked): Promise<Replaced> {
  if (options.ifExists === "keep" || options.ifExists === "fail") return { by: "never" };
  const versioning = await versioningOf(archive, place.prefix);
  if (options.history === undefined) {
    return { by: versioning === "on" ? "versions" : versioning === undefined ? "unknown" : "nothing" };
  }
  const fault = historyFault(archive, versioning);
  if (fault !== undefined) throw new UserError("HistoryUnsafe", `${fault}.`);
  return { by: "history", history: printAddress(historyRange(place, options.history)) };
}

/** Why a history is not safe there, in one sentence without its end; undefined where it is. */
export function historyFault(
  { address }: Pick<Bucket, "address">,
  versioning: Versioning | undefined,
): string | undefined {
  if (versioning !== "suspended") return undefined;
  return `${address} keeps no versions any more, but did once, so COS forbids no overwriting in it, and what is put there by others meanwhile could be replaced without a copy; turn versions on, which keep all that is replaced, or archive to another bucket`;
}

/** Undefined where it can't be told: where it may not be asked, versions of objects tell. */
export async function versioningOf(archive: Bucket, prefix: string): Promise<Versioning | undefined> {
  if (archive.versioning === undefined) return "never";
  try {
    return await archive.versioning({ signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    if (!isBucketError(error)) throw error;
    // Who can't be reached is not asked otherwise.
    if (error.status === 0) return undefined;
    return (await keepsVersions(archive, prefix)) ? "on" : undefined;
  }
}
