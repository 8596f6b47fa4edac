/**
 * The parts of a run's report: the results and the failures of so many consecutive shards of one group as make up to 100,000
 * rows. Which shards a part has follows from the run alone, so whoever writes it, and however often, writes the same rows
 * under the same name.
 */

import { groupOf, shardsPerGroup } from "../../ledger/group.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { doneShards, nextOver } from "../../ledger/shard/done-marker.ts";
import { nextRecorded } from "../../ledger/shard/listed-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";

export interface Part {
  /** Counted over the whole run. */
  readonly number: number;
  readonly group: number;
  /** Its first shard, and the first after it. */
  readonly from: number;
  readonly to: number;
}

type Planned = Pick<RunDocument, "shards"> & { readonly request: { readonly options: { readonly shardSize: number } } };

/** A part is held as it will be written, compressed: 100,000 rows come to less than ten megabytes. */
const ROWS = 100_000;

function partOf(run: Planned, shard: number): Part {
  const size = Math.max(1, Math.min(shardsPerGroup, Math.floor(ROWS / run.request.options.shardSize)));
  const group = groupOf(shard);
  const first = group * shardsPerGroup;
  const within = Math.floor((shard - first) / size);
  const from = first + within * size;
  return {
    number: group * Math.ceil(shardsPerGroup / size) + within,
    group,
    from,
    to: Math.min(from + size, first + shardsPerGroup, run.shards),
  };
}

/** The parts of a group, in order. */
export function partsOf(run: Planned, group: number): readonly Part[] {
  const parts: Part[] = [];
  const end = Math.min((group + 1) * shardsPerGroup, run.shards);
  for (let from = group * shardsPerGroup; from < end; ) {
    const part = partOf(run, from);
    parts.push(part);
    from = part.to;
  }
  return parts;
}

/**
 * Parts of the wanted groups of which any attempt has recorded something, or a shard is over, in order. A store may list late: a marker tells of
 * a part of which no outcome is listed. Of one that has no marker either nothing is known, for an attempt that stopped tells nowhere else how far
 * it came.
 */
export async function* partsBegun(
  ledger: LedgerStore,
  run: Planned,
  isWanted: (group: number) => boolean,
): AsyncGenerator<Part> {
  for (let from = 0; from < run.shards; ) {
    const group = groupOf(from);
    if (!isWanted(group)) {
      from = (group + 1) * shardsPerGroup;
      continue;
    }
    const begun = await Promise.all([nextRecorded(ledger, from, run.shards), nextOver(ledger, from, run.shards)]);
    const shard = Math.min(...begun.map((first) => first ?? run.shards));
    if (shard === run.shards) return;
    const part = partOf(run, shard);
    if (isWanted(part.group)) yield part;
    from = part.to;
  }
}

/** Of a part's shards: which are over, and how many done markers there are, each a request that no trailer tells of. */
export const doneOf = (ledger: LedgerStore, { from, to }: Part) => doneShards(ledger, from, to);
