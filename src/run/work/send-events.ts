/** `events RUN`: what a run could not tell others is told now, or all of its archived objects once more. */
import { replay } from "../../events/replay.ts";
import type { OpenSink } from "../../events/sink.ts";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { isSubmitted } from "../../ledger/plan/submitted.ts";
import { readSummary } from "../../ledger/report/summary.ts";
import { isAnyAlive } from "../../ledger/shard/listed-shards.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import { untoldShards, writeTold } from "../../ledger/undelivered.ts";
import { targetName } from "../../policy/event-target.ts";
import type { Summary } from "../../report/summary.ts";
import { UserError } from "../../vocabulary/errors.ts";
import { createShardWorker } from "../deliver/handle-delivery.ts";
import { settleEvents, settleRows, tellsOthers, undeliveredOf } from "../finalize/settle-events.ts";
import { statusOf } from "../inspect/status.ts";
import type { Place } from "../messages/messages.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { tellStopped } from "./cancel.ts";

export interface SendEventsOptions {
  /** All archived objects, whatever was told before. */
  readonly replay: boolean;
  /** Told instead of whom the run tells. */
  readonly to?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onSent?: ((sent: number) => void) | undefined;
  /** Throws where nothing could be sent there. */
  readonly check: (target: string) => Promise<void>;
}

export interface SentEvents {
  /** Archived objects that were told of. */
  readonly sent: number;
  /** As people are told of it. */
  readonly to: string;
  /** Shards, and the notice of the end, that the run still has to tell of. */
  readonly undelivered: number;
  /** Why it ended early; absent where all was told. */
  readonly why?: string | undefined;
}

const isStopped = ({ state }: Summary) => state === "halted" || state === "cancelled";

/** Is there a queue that has its reconcile message, or somebody who works it? */
const isCarried = async (ledger: LedgerStore, run: RunDocument): Promise<boolean> =>
  (await isSubmitted(ledger, run.plan)) || (await isAnyAlive(ledger, 0, run.shards));

/** Errors: UserError `NoSuchRun`, `RunNotPlanned`, `MissingSetting`; what `check` throws. */
export async function sendEvents(
  place: Place,
  id: string,
  surroundings: Surroundings,
  { replay: all, to, signal, onSent, check }: SendEventsOptions,
): Promise<SentEvents> {
  const { ledger, request, run, summary: listed } = await statusOf(place, id, surroundings);
  const { events, notify } = request.options;
  const target = to ?? events;
  if ((all && target === undefined) || (!all && !tellsOthers(request))) {
    const told = all ? "its objects" : "anything";
    throw new UserError(
      "MissingSetting",
      `The run ${JSON.stringify(id)} tells nobody of ${told}; say who is to be told with --replay --events https://HOST/PATH, sqs:URL or tdmq:URL.`,
    );
  }
  if (run === undefined) {
    throw new UserError(
      "RunNotPlanned",
      `The run ${JSON.stringify(id)} is still being planned: nothing of it is archived.`,
    );
  }
  const { openSink: open } = createShardWorker(surroundings);
  const openSink: OpenSink = (role, own) => open(role, role === "events" ? (to ?? own) : own);
  if (target !== undefined) await check(target);
  const left = async () => (await undeliveredOf(ledger, request, listed.state)) ?? 0;
  if (all && target !== undefined) {
    const replayed = await replay(ledger, run, open("events", target), {
      ...surroundings,
      archived: listed.archived,
      signal,
      onShard: onSent,
    });
    const isWhole = replayed.why === undefined && target === events;
    if (isWhole) for (const { shard } of await untoldShards(ledger)) await writeTold(ledger, shard, surroundings);
    return { ...replayed, to: targetName(target), undelivered: await left() };
  }
  if (notify !== undefined) await check(notify);
  const settling = { ledger, place, request, openSink, surroundings };
  const { taken, why } = await settleRows(settling, Number.POSITIVE_INFINITY, signal);
  const stored = await readSummary(ledger);
  // Of a run that goes on, whoever works it writes the summary, and of one that was stopped whoever carries it.
  if (stored !== undefined && stored.state === listed.state && !signal?.aborted) {
    await settleEvents(settling, stored, Number.POSITIVE_INFINITY);
  } else if (isStopped(listed) && !signal?.aborted && !(await isCarried(ledger, run))) {
    await tellStopped(place, id, surroundings);
  }
  return { sent: taken, to: targetName(target ?? notify ?? ""), undelivered: await left(), why };
}
