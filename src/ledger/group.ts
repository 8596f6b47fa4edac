/** Groups of shards: as many as one LIST page counts. A run is finalized, and its progress told, group by group. */

export const shardsPerGroup = 1000;

export const groupOf = (shard: number): number => Math.floor(shard / shardsPerGroup);

/** How many groups a run has. */
export const groupsOf = (run: { readonly shards: number }): number => Math.ceil(run.shards / shardsPerGroup);

/** How many shards one of them has. */
export const shardsIn = (run: { readonly shards: number }, group: number): number =>
  Math.min(shardsPerGroup, run.shards - group * shardsPerGroup);
