/**
 * Who works the deliveries of a process: the process itself, on the one core that JavaScript has (here), or threads of it
 * (runtime/threads/). Whoever takes messages from a queue hands them over whole, and need not know which.
 */

import { createShardWorker, workDelivery } from "../deliver/handle-delivery.ts";
import type { ShardWorker } from "../deliver/work-shard.ts";
import type { Answer, Delivery, Sender } from "../messages/delivery.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export interface Workers {
  /** How many work beside each other, each with its share of the process's concurrency and rate. */
  readonly count: number;
  /** Works one delivery, whichever message it brings. Rejects with what working it threw. */
  work(delivery: Delivery, sender: Sender, onOpen?: ShardWorker["onOpen"]): Promise<Answer>;
  /** Is there too little to do? Not while a delivery is being opened: nobody knows yet what it brings. */
  hasRoom(): boolean;
  /** BUCKET/PREFIX/RUN of each run whose shards were worked. */
  runs(): Iterable<string>;
  /** Aborts where nothing can be worked any more; its reason is an Error that says why. */
  readonly broken: AbortSignal;
  /** Once nothing is in hand any more. */
  close(): Promise<void>;
}

/** `most`: no more than these can have anything to do. */
export type StartWorkers = (most: number) => Workers;

export function createOwnWorkers(surroundings: Surroundings): Workers {
  const worker = createShardWorker(surroundings);
  let opening = 0;
  return {
    count: 1,
    async work(delivery, sender, onOpen) {
      opening++;
      let opened = () => {
        opening--;
        opened = () => undefined;
      };
      const tell: ShardWorker["onOpen"] = (shard, counts) => {
        onOpen?.(shard, counts);
        // Its tasks are handed to the pace in the same breath.
        queueMicrotask(() => opened());
      };
      try {
        return await workDelivery(delivery, sender, { ...worker, onOpen: tell });
      } finally {
        opened();
      }
    },
    hasRoom: () => opening === 0 && worker.pace.unfinished() < surroundings.settings.concurrency,
    runs: () => worker.runs.keys(),
    broken: new AbortController().signal,
    close: async () => undefined,
  };
}
