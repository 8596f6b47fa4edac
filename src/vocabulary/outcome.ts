/** How the task of one row ended, as the ledger keeps it. */
export type Proof = "content-md5" | "crc64" | "size";
export type OutcomeKind = "archived" | "skipped" | "failed" | "pending";

/** What a pending row waits for: that its original is restored from an archive class. */
export interface RestoreWait {
  readonly storageClass: string;
  /** When the restore was asked for, or found under way: ISO 8601 UTC, by the ledger's clock, as the next. */
  readonly askedAt: string;
  /** Not before that is it looked at again. */
  readonly lookAt: string;
  /** How often this run asked for it; 0: somebody else did. */
  readonly asked: number;
}

export interface Outcome {
  /** Position of the row in its shard, from 0. */
  readonly row: number;
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly outcome: OutcomeKind;
  /** `archived` only: an earlier attempt of this run had put the bytes and could not record it. */
  readonly recovered?: boolean | undefined;
  /** The whole key in the archive bucket. */
  readonly archiveKey?: string | undefined;
  /** Bytes. */
  readonly expectedSize?: number | undefined;
  readonly expectedEtag?: string | undefined;
  readonly expectedCrc64?: string | undefined;
  readonly receivedSize?: number | undefined;
  readonly receivedEtag?: string | undefined;
  readonly receivedCrc64?: string | undefined;
  readonly proof?: Proof | undefined;
  /** Where the expectation came from. */
  readonly expectedFrom?: "row" | "head" | "get" | undefined;
  /** Tries of this row that this record charges to it. */
  readonly attempts: number;
  /** Milliseconds the task took. */
  readonly ms: number;
  /** HTTP status of the reply that decided, 0 where none arrived. */
  readonly status?: number | undefined;
  /** Why: `NoSuchKey`, `NotTheOriginal`, `Duplicate`, …; absent on a plain `archived`. */
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly requestId?: string | undefined;
  /** ISO 8601 UTC. */
  readonly fetchedAt?: string | undefined;
  /** `archived` only: it came by a plain GET, not through the paid service. */
  readonly plain?: boolean | undefined;
  /** `pending` only. */
  readonly restore?: RestoreWait | undefined;
}

export function isTerminal(outcome: Outcome): boolean {
  return outcome.outcome !== "pending";
}
