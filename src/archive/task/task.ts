/** What one task is given. */

import type { RunOptions } from "../../ledger/plan/run-options.ts";
import type { PlannedRow } from "../../ledger/plan/shard-rows.ts";
import type { RequestCounts } from "../../ledger/shard/segment.ts";
import type { Bucket, ListedObject } from "../../objects/bucket.ts";
import type { RestoreTier } from "../../vocabulary/choices.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { RestoreWait } from "../../vocabulary/outcome.ts";
import type { RowRequest } from "../../vocabulary/row-request.ts";
import type { Md5Trust } from "../proof/md5-trust.ts";
import type { MetadataTrust } from "./metadata-trust.ts";
import type { TaskPace } from "./pace.ts";

/** One row and its past. */
export interface Task {
  /** Its position in the shard. */
  readonly row: number;
  readonly planned: PlannedRow;
  /** The whole key in the archive bucket. */
  readonly archiveKey: string;
  /** Tries that the ledger charges it with already. */
  readonly charged: number;
  /** An earlier attempt stopped uncleanly, so it may have archived the row without recording it. */
  readonly unsure: boolean;
  /** An earlier attempt found that its original is being restored, or asked for it. */
  readonly restore?: RestoreWait | undefined;
  /** What a LIST of a short while ago told of the archive key; absent where none did. */
  readonly listed?: ListedObject | "none" | undefined;
}

/** What of --max-cost and --max-bytes a shard may spend. */
export interface Purse {
  /**
   * May an original of this size be fetched? Then it is paid for.
   * @param size bytes; undefined where nothing tells it
   * @param paid by the image service, and no plain GET
   */
  payFetch(size: number | undefined, paid: boolean): boolean;
  /** It came, and is of this size: more may be paid for than was thought. */
  fetched(expected: number | undefined, size: number | undefined, paid: boolean): void;
  payRestore(size: number | undefined, storageClass: string, tier: RestoreTier): boolean;
  /** The service said that it was not begun: of what was paid for it the request alone is spent. */
  notRestored(size: number | undefined, storageClass: string, tier: RestoreTier): void;
}

/** What all tasks of a shard share. */
export interface TaskContext {
  readonly run: string;
  readonly options: RunOptions;
  readonly source: Bucket;
  readonly archive: Bucket;
  readonly clock: Clock;
  readonly random: Random;
  /** Is told of waits. */
  readonly log?: Log | undefined;
  readonly pace: TaskPace;
  readonly md5Trust: Md5Trust;
  readonly metadataTrust: MetadataTrust;
  /** Incremented at each request. */
  readonly requests: RequestCounts;
  /** Counts tries beyond a row's first. */
  readonly retried: () => void;
  /** Counts replies that said that requests come too fast. */
  readonly throttled?: (() => void) | undefined;
  /** Is there time to wait this long and try once more? */
  readonly mayWait: (ms: number, size: number | undefined) => boolean;
  /** Aborts once nothing new may be fetched (a control, another attempt, the process's end): waits end, no fetch begins. */
  readonly stopping?: AbortSignal | undefined;
  /** The service answered a HEAD or a restore, which was sent then, by the clock's `elapsed`: it refuses them to nobody. */
  readonly answered?: ((by: RowRequest, sentAt: number) => void) | undefined;
  /** Asked right before each fetch: resolves once it is known that the run is not cancelled. */
  readonly cleared?: (() => Promise<void> | undefined) | undefined;
  /** Asked right before a row's fetch, while the run is on trial: false where it may not be fetched in this delivery. `plain`: nothing is paid for it. */
  readonly mayFetch?: ((row: number, plain: boolean) => boolean | Promise<boolean>) | undefined;
  /** Of a run with a cap: what its shard may spend. Asked right before what is paid for is sent. */
  readonly purse?: Purse | undefined;
  /** Is nothing of the run archived yet? Then what costs nothing is found out before a fetch is paid. */
  readonly isOnTrial?: (() => boolean) | undefined;
  /** What time it is by the ledger's clock, ms since the epoch: what one worker writes down another reckons with. This process's own where absent. */
  readonly ledgerNow?: (() => number) | undefined;
  /** Aborts what is in flight; only where the process must end at once. */
  readonly signal?: AbortSignal | undefined;
  /** Above this many bytes the upload is multipart; 5 GB but for tests. */
  readonly multipartAbove?: number | undefined;
}
