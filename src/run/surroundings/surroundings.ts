/** What a run needs of the world. Passed in, so that the same code serves Lambda, SCF, the command line and the simulation. */

import type { HoldUp } from "../../archive/shard/pace/hold-up.ts";
import type { OpenSink } from "../../events/sink.ts";
import type { Bucket } from "../../objects/bucket.ts";
import type { AllowList } from "../../policy/allow-list.ts";
import type { AllowedTarget } from "../../policy/event-target.ts";
import type { Prices } from "../../policy/money/cost.ts";
import type { Address } from "../../vocabulary/address.ts";
import type { Clock, Random } from "../../vocabulary/clock.ts";
import type { Language } from "../../vocabulary/language.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { Meter } from "../../vocabulary/metrics/measured.ts";
import type { WorkerIdentity } from "./worker-identity.ts";

/** Which credentials and endpoint a bucket is opened with; the ledger uses the archive's credentials. */
export type Role = "source" | "archive" | "ledger" | "manifest";

/** Which bucket, of which store: COS where none is said. */
export interface BucketPlace extends Pick<Address, "store" | "bucket"> {
  readonly region: string;
}

/** What a run needs of the world. surroundingsFromSettings makes the real one; tests and the simulation bring their own. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Is told what this process does, as it happens; absent: nobody counts. */
  readonly meter?: Meter | undefined;
  /** Opens a bucket; called often, so it keeps what it opened (one connection pool a bucket and role). */
  readonly open: (role: Role, place: BucketPlace) => Bucket;
  /** Opens where events go, and keeps what it opened; absent: this process tells nobody, and what it can't tell stays in the ledger. */
  readonly openSink?: OpenSink | undefined;
  readonly settings: WorkSettings;
  readonly worker: WorkerIdentity;
}

/** How this process works; none of it changes what is archived, so a run may be continued with other values. */
export interface WorkSettings {
  /** Tasks at once, over all shards of this process; with `memory` the most of them. */
  readonly concurrency: number;
  /** Bytes for what is under way: present where the number of tasks at once is found by trying. */
  readonly memory?: number | undefined;
  /** The share of the time since it was asked last in which this process was busy; a bound where the number is found by trying. */
  readonly busySince?: (() => number) | undefined;
  /**
   * Source fetches a second of this process while it knows of no other; no limit where absent. The caller has divided the shared budget by
   * the instances: where fewer are there, each takes its part.
   */
  readonly rate?: number | undefined;
  /** Bytes a second that this process fetches; no limit where absent. */
  readonly bandwidth?: number | undefined;
  /** What it costs; the list prices where absent. */
  readonly prices?: Prices | undefined;
  /** Which language people read the report in; English where absent. */
  readonly language?: Language | undefined;
  /** Which places the messages of a queue may name; any where absent. */
  readonly allow?: AllowList | undefined;
  /** Where messages may have events and notices sent to; nowhere where absent. */
  readonly allowTargets?: readonly AllowedTarget[] | undefined;
  /** Who is told of a message that asks for a run and is refused, where the message itself names nobody. */
  readonly notify?: string | undefined;
  /** What a probe found: whether the source's replies bring the metadata, and whether HEADs are refused. The replies themselves go before it. */
  readonly found?:
    | { readonly bringsMetadata?: boolean | undefined; readonly refusesHead?: boolean | undefined }
    | undefined;
  /** Processes that may work at the same time; 1 where absent. */
  readonly maxInstances?: number | undefined;
}

/** What keeps a process that works a run from going on, or from going faster; milliseconds from now. */
export type Waiting =
  | HoldUp
  /** The ledger does not answer. */
  | { readonly why: "ledger"; readonly ms: number }
  /** Somebody else is at work on what is left. */
  | { readonly why: "others"; readonly ms: number }
  /** What is left could not be ended, and is tried again later. */
  | { readonly why: "shards"; readonly ms: number };

/** Called while a run is worked in this process; counts are of the whole run. */
export interface Progress {
  readonly rows: number;
  readonly archived: number;
  readonly skipped: number;
  readonly failed: number;
  readonly bytes: number;
  /** Rows whose originals are being restored, where nothing else is left of their shards, and ms until the first of them are looked at. */
  readonly restoring?: { readonly rows: number; readonly nextLookMs: number } | undefined;
  /** Tasks that may run at once now, where that was found by trying: where there was as much to do. */
  readonly atOnce?: number | undefined;
  /** Rows, and their bytes, that this process ended: what its speed is reckoned from. Absent where others work the run. */
  readonly here?: { readonly ended: number; readonly bytes: number } | undefined;
  /** What holds it up just now. */
  readonly waiting?: Waiting | undefined;
  /** Rows that are under way. */
  readonly underWay?: number | undefined;
  /** It was asked to stop: what is under way ends, nothing new begins. */
  readonly stopping?: boolean | undefined;
}
