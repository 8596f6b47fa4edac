/** What a code is in the catalogue. */
export interface Entry {
  /** What happened, as the end of the sentence "…, because": lower case, no full stop. */
  readonly means: string;
  readonly effect: Effect;
  /** What a person does about it; absent where there is nothing to do. */
  readonly advice?: string;
  /** The advice is part of the error's own message. */
  readonly told?: true;
  /** It says something of this row alone, however many rows in a row it is said of: no streak of it halts a run. */
  readonly ofRow?: true;
  /** It says something of the place, whatever the credentials: region, endpoint or store are not fit. */
  readonly ofPlace?: true;
  /** Says that too much is asked of the service at once, for want of an answer in time. */
  readonly strain?: true;
  /** Says that this process, or its machine, can hold no more under way at once; nothing of the row, nor of the service. */
  readonly scarce?: true;
}

export type Effect =
  /** Terminal: the row is over, and would fail (or be skipped) again. */
  | "row-over"
  /** Terminal for the row; a streak of them halts the run. */
  | "refused"
  /** The row is tried again, later or by another delivery. */
  | "retried"
  /** The same, and everything slows down. */
  | "slowed"
  /** No row can succeed: the run is halted. */
  | "run-halted"
  /** The command, message or configuration is refused before any row is worked. */
  | "not-begun"
  /** It stands beside an outcome and ends nothing. */
  | "noted";

/** Keeps the names of the codes, and checks each entry. */
export const entries = <const Names extends string>(
  of: Readonly<Record<Names, Entry>>,
): Readonly<Record<Names, Entry>> => of;
