/** Why a command ended, as a number that scripts rely on. */
import { isBucketError } from "../../../objects/error.ts";
import type { Summary } from "../../../report/summary.ts";
import { entryOf } from "../../../vocabulary/codes/catalogue.ts";
import { RefusedError, UserError } from "../../../vocabulary/errors.ts";

export const exitCodes = {
  /** All archived or skipped, or a listing found nothing to do. */
  done: 0,
  /** A fault in the program, or an end of which nobody could be told: standard output could not be written. */
  fault: 1,
  /** Usage or configuration, an empty manifest among them. */
  usage: 2,
  /** Ended with failed keys. */
  failedKeys: 3,
  halted: 4,
  /** Incomplete or cancelled: rows are pending, or their outcomes are not listed. */
  incomplete: 5,
  /** Credentials, permission or a TLS connection were refused before work began. */
  refused: 6,
  /** `verify` or `check` found differences. */
  differences: 7,
  /** Stopped by a signal; can be continued. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** How a run that was worked in this process ended. */
export function exitCodeOfRun(summary: Pick<Summary, "state" | "failed">, interrupted: boolean): ExitCode {
  switch (summary.state) {
    case "complete":
      return summary.failed > 0 ? exitCodes.failedKeys : exitCodes.done;
    case "halted":
      return exitCodes.halted;
    case "cancelled":
      return exitCodes.incomplete;
    case "running":
    case "incomplete":
      return interrupted ? exitCodes.interrupted : exitCodes.incomplete;
  }
}

/** UserErrors that say that credentials or a permission are what is missing. */
const refusals: ReadonlySet<string> = new Set([
  "MissingCredentials",
  "MalformedSecretId",
  "ManifestForbidden",
  "PartForbidden",
  "SecretUnreadable",
  "SecretUnreachable",
]);

/** Of connections that will never stand: TLS refuses, whatever the credentials. */
const untrusted: ReadonlySet<string> = new Set(["TlsRefused", "UntrustedCertificate"]);
const isRedirection = (status: number) => status >= 300 && status < 400;

export function exitCodeOfError(error: Error): ExitCode {
  if (error instanceof RefusedError) return exitCodes.refused;
  if (error instanceof UserError) {
    // What a run wrote is not listed yet, or is gone: nothing that was typed would help.
    if (error.code === "LedgerIncomplete") return exitCodes.incomplete;
    return refusals.has(error.code) ? exitCodes.refused : exitCodes.usage;
  }
  if (isBucketError(error)) {
    if (entryOf(error.code)?.ofPlace) return exitCodes.usage;
    if (error.status === 401 || error.status === 403 || untrusted.has(error.code)) return exitCodes.refused;
    // A redirection says that the region is wrong.
    return error.status === 404 || isRedirection(error.status) ? exitCodes.usage : exitCodes.incomplete;
  }
  return exitCodes.fault;
}
