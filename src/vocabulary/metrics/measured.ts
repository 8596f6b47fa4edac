/** What a process did, told as it happens: whoever counts (the page that Prometheus reads, a function's line for CloudWatch) makes of it what it shows. */

/** How a delivery of a shard ended. */
export const shardEnds = [
  /** Every row is over. */
  "over",
  /** Rows are left, and a message is on its way for the next delivery. */
  "handed_over",
  /** Rows are left, none could be ended: the message comes again. */
  "given_back",
  /** Rows wait for restores, or for more of the run's cap: the ledger keeps them. */
  "waiting",
  /** The run was cancelled or halted. */
  "stopped",
  /** Another attempt is at work on it. */
  "yielded",
  /** This worker is refused what others are not. */
  "refused",
  /** It was over, or somebody else's, before anything began. */
  "not_begun",
] as const;
export type ShardEndName = (typeof shardEnds)[number];

/** What became of a message. */
export const messageEnds = ["acknowledged", "given_back", "rejected", "refused"] as const;
export type MessageEndName = (typeof messageEnds)[number];

/** How a run ended. */
export const runEnds = ["complete", "halted", "cancelled"] as const;
export type RunEndName = (typeof runEnds)[number];

/** How a row ended. */
export const rowEnds = ["archived", "skipped", "failed"] as const;
export type RowEndName = (typeof rowEnds)[number];

/** Requests that rows and shards send, by type, as a summary counts them. */
export const workRequests = [
  "source.get",
  "source.plain",
  "source.head",
  "source.restore",
  "archive.put",
  "archive.head",
  "archive.list",
  "archive.copy",
  "ledger",
] as const;

/** What a worker must have to be ready. */
export const readyChecks = ["credentials", "queue", "ledger"] as const;
export type ReadyCheck = (typeof readyChecks)[number];

/** One thing that happened. */
export type Measured =
  | {
      readonly kind: "row";
      readonly outcome: RowEndName;
      readonly code?: string | undefined;
      /** Of what was archived. */
      readonly bytes: number;
      readonly ms: number;
    }
  /** Since the last time it was told, once a second at most. */
  | {
      readonly kind: "requests";
      /** By type, as a summary counts them. */
      readonly sent: Readonly<Record<string, number | undefined>>;
      readonly retries: number;
      readonly throttled: number;
    }
  /** `takenOver`: from a worker that died. */
  | { readonly kind: "shard-begun"; readonly takenOver: boolean }
  | { readonly kind: "shard-ended"; readonly end: ShardEndName; readonly ms: number }
  | { readonly kind: "message"; readonly end: MessageEndName }
  /** The queue was asked for a message, whether it brought one or not. */
  | { readonly kind: "received"; readonly failed: boolean }
  | { readonly kind: "run-ended"; readonly state: RunEndName };

export type Meter = (measured: Measured) => void;
