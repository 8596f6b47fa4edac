/** With what a run is looked at, and what one look at it showed. */

import type { Standing } from "../../ledger/control.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import type { RunMarkers } from "../../ledger/report/run-markers.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Sender, Submissions } from "../messages/delivery.ts";
import type { Place } from "../messages/messages.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import type { Allowances } from "./allowances.ts";
import type { AwaitedRestores } from "./restores.ts";

export interface ReconcileOptions {
  readonly ledger: LedgerStore;
  readonly place: Place;
  readonly run: RunDocument;
  readonly surroundings: Surroundings;
  readonly submissions: Submissions;
  readonly sender: Sender;
  /** Shards sent beyond those that are over. */
  readonly submitAhead: number;
  /** How long the queue may hide a message without anybody working on it; a shard silent for longer is sent again. */
  readonly hiddenMs: number;
  /** Milliseconds by the clock's `elapsed`. */
  readonly deadline: number;
  /** Was it planned here just now? Then nothing else of it is in the ledger, and nothing is looked for: who opens a shard looks all the same. */
  readonly isNew?: boolean | undefined;
}

/** What one look at the run showed. */
export interface Looked {
  /** What the markers tell. */
  readonly view: RunMarkers;
  readonly standing: Standing;
  readonly awaited: AwaitedRestores;
  /** Undefined of a run without a cap. */
  readonly allowances: Allowances | undefined;
}
