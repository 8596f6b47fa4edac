/** What the doctor says, and how it asks. */
import { type BucketError, isBucketError } from "../../objects/error.ts";
import { entryOf } from "../../vocabulary/codes/catalogue.ts";

/** `bad`: a run can't work so. `unknown`: it could not be told. */
export type Verdict = "good" | "warning" | "bad" | "unknown";
export type Check =
  | "credentials"
  | "places"
  | "messages"
  | "source"
  | "clock"
  | "protection"
  | "smart compression"
  | "original"
  | "restore"
  | "missing key"
  | "archive"
  | "ledger"
  | "disk"
  | "history"
  | "versions";

export interface Finding {
  readonly check: Check;
  readonly verdict: Verdict;
  /** One sentence, with what to do where there is something. */
  readonly says: string;
}

export const finding = (check: Check, verdict: Verdict, says: string): Finding => ({ check, verdict, says });

export type Tried<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: BucketError };

/** A request that was refused for this machine's clock is sent once more: then it is signed by the service's. */
export async function tried<T>(request: () => Promise<T>): Promise<Tried<T>> {
  const first = await triedOnce(request);
  return first.ok || !ofTheClock.has(first.error.code) ? first : triedOnce(request);
}

const ofTheClock: ReadonlySet<string> = new Set(["RequestTimeTooSkewed", "RequestExpired"]);

export async function triedOnce<T>(request: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { ok: true, value: await request() };
  } catch (error) {
    if (isBucketError(error)) return { ok: false, error };
    throw error;
  }
}

/** No answer, or one that says nothing for good. A disk that is full is so until somebody makes room, and halts a run. */
export const isPassing = ({ status, code }: BucketError) =>
  (status === 0 || status >= 500) && entryOf(code)?.effect !== "run-halted";
