/** How far a run is, by LISTs alone: group markers, and the done markers of the groups that have none yet. */
import { addCounts, type MarkerCounts } from "../counts.ts";
import { groupOf, groupsOf, shardsIn } from "../group.ts";
import { overByPlan } from "../plan/run-document.ts";
import { type DoneMarker, doneMarkers, type ShardOver, type ShardsOver, shardOver } from "../shard/done-marker.ts";
import type { LedgerStore } from "../store.ts";
import { groupMarkers, type TallyMarker } from "./tally-markers.ts";

export interface RunMarkers {
  /** Of the rows of all shards that are over, and of those that the plan only counts. */
  readonly counts: MarkerCounts;
  /** Groups whose report and marker are written. */
  readonly over: ReadonlyMap<number, TallyMarker>;
  /** Groups whose shards are all over, but whose marker is not written, and what the markers of those shards tell. */
  readonly complete: ReadonlyMap<number, ShardsOver>;
  /** Of the other groups: the shards that are over. */
  readonly done: ReadonlySet<number>;
}

/** What is asked of a run.json. */
export interface CountedRun {
  readonly shards: number;
  readonly countedOnly?: number | undefined;
}

/** Of a run of which no shard is over. */
export const noMarkers = (run: CountedRun): RunMarkers => ({
  counts: overByPlan(run),
  over: new Map(),
  complete: new Map(),
  done: new Set(),
});

export async function readMarkers(ledger: LedgerStore, run: CountedRun): Promise<RunMarkers> {
  const groups = groupsOf(run);
  // Of a run of one group both are read side by side; of more, the groups tell from which one on shards are listed.
  const ahead = groups === 1 ? readAll(doneMarkers(ledger)) : undefined;
  ahead?.catch(() => undefined);
  const over = await groupMarkers(ledger);
  const counts = { ...overByPlan(run) };
  for (const marker of over.values()) addCounts(counts, marker);
  let firstOpen = 0;
  while (firstOpen < groups && over.has(firstOpen)) firstOpen++;
  const done = new Set<number>();
  const doneOf = new Map<number, Map<number, ShardOver>>();
  if (firstOpen < groups) {
    for await (const marker of (await ahead) ?? doneMarkers(ledger, firstOpen)) {
      const group = groupOf(marker.number);
      if (over.has(group) || done.has(marker.number)) continue;
      done.add(marker.number);
      const shards = doneOf.get(group) ?? new Map<number, ShardOver>();
      doneOf.set(group, shards.set(marker.number, shardOver(marker)));
      addCounts(counts, marker);
    }
  }
  const complete = [...doneOf].filter(([group, shards]) => shards.size === shardsIn(run, group));
  return { counts, over, complete: new Map(complete), done };
}

async function readAll(markers: AsyncIterable<DoneMarker>): Promise<readonly DoneMarker[]> {
  const all: DoneMarker[] = [];
  for await (const marker of markers) all.push(marker);
  return all;
}

export const isShardOver = ({ done, over }: RunMarkers, shard: number): boolean =>
  done.has(shard) || over.has(groupOf(shard));
