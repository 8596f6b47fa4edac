/** The message that has a shard worked. */
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { type Place, type ShardMessage, versionFor } from "../messages/messages.ts";

/** @param seq the hand-over that it is for */
export function shardMessage(
  { run, place }: { readonly run: Pick<RunDocument, "run" | "plan">; readonly place: Place },
  shard: number,
  seq = 0,
): string {
  const message: ShardMessage = {
    v: versionFor(place),
    type: "shard",
    ledger: place,
    run: run.run,
    plan: run.plan,
    shard,
    seq,
  };
  return JSON.stringify(message);
}
