/** A worker that knows whether it has too little to do: then the next message is worth taking from the queue. */

import type { HoldUp } from "../../archive/shard/pace/hold-up.ts";
import { createQueueWorker, workDelivery } from "../deliver/handle-delivery.ts";
import type { ShardWorker } from "../deliver/work-shard.ts";
import type { Answer, Delivery, Sender } from "../messages/delivery.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export interface WorkerWithRoom {
  /** Works one delivery, whichever message it brings. Rejects with what working it threw. */
  work(delivery: Delivery, sender: Sender, onOpen: ShardWorker["onOpen"]): Promise<Answer>;
  /** Is there too little to do? Not while a delivery is being opened: nobody knows yet what it brings. */
  hasRoom(): boolean;
  /** Rows at work, and those that wait for their turn. */
  unfinished(): number;
  /** Rows that may be worked at once now. */
  concurrency(): number;
  /** The same where it was found by trying. */
  atOnce(): number | undefined;
  /** What holds up what is under way just now. */
  heldUp(): HoldUp | undefined;
  /** BUCKET/PREFIX/RUN of each run whose shards were worked. */
  runs(): Iterable<string>;
}

/** @param giveUp aborts when what is in flight is given up at once, after the deliveries' own signal */
export function createWorkerWithRoom(surroundings: Surroundings, giveUp?: AbortSignal): WorkerWithRoom {
  const worker = createQueueWorker(surroundings);
  let opening = 0;
  return {
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
        return await workDelivery(delivery, sender, { ...worker, onOpen: tell, giveUp });
      } finally {
        opened();
      }
    },
    hasRoom: () => opening === 0 && worker.pace.unfinished() < worker.pace.concurrency(),
    unfinished: () => worker.pace.unfinished(),
    atOnce: worker.pace.foundConcurrency,
    concurrency: worker.pace.concurrency,
    heldUp: worker.pace.heldUp,
    runs: () => worker.runs.keys(),
  };
}
