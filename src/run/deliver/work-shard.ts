/** A shard message: one delivery of one shard, and what the queue is to do with the message. */

import { ulid } from "ulid";
import type { Md5Trust } from "../../archive/proof/md5-trust.ts";
import { archiveShard } from "../../archive/shard/archive-shard.ts";
import type { Pace } from "../../archive/shard/pace/pace.ts";
import type { RunWatch } from "../../archive/shard/run-watch.ts";
import type { MetadataTrust } from "../../archive/task/metadata-trust.ts";
import type { OpenSink } from "../../events/sink.ts";
import type { MarkerCounts } from "../../ledger/counts.ts";
import type { RunRequest } from "../../ledger/plan/request.ts";
import { hasNoRunDocument, planOfShard, type RunDocument, readRun } from "../../ledger/plan/run-document.ts";
import type { RecordReader } from "../../ledger/shard/record-reader.ts";
import type { AllowList } from "../../policy/allow-list.ts";
import type { AllowedTarget } from "../../policy/event-target.ts";
import { giveBackMs } from "../../policy/retry.ts";
import { counted, verbOf } from "../../vocabulary/counted.ts";
import { RefusedError } from "../../vocabulary/errors.ts";
import type { Answer, Delivery, Sender } from "../messages/delivery.ts";
import type { Place, ShardMessage } from "../messages/messages.ts";
import { checkAllowed, placesOf } from "../places/allowed.ts";
import { haltForPlaces, placesFault } from "../places/places-apart.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

/** What the shards of one process share. */
export interface ShardWorker {
  readonly surroundings: Surroundings;
  readonly pace: Pace;
  /** What is known by now of a source bucket. */
  readonly trust: (bucket: string) => { readonly md5Trust: Md5Trust; readonly metadataTrust: MetadataTrust };
  /** A run's document, read once a process and plan; by runKey(…). */
  readonly runs: Map<string, RunDocument>;
  /** Which places messages may name; any where absent, as of a run that was asked for here. */
  readonly allow?: AllowList | undefined;
  /** Where events and notices go, as far as messages may name it. */
  readonly openSink: OpenSink;
  /** Which of those messages may name; any where absent. */
  readonly allowTargets?: readonly AllowedTarget[] | undefined;
  /** What this process knows of a run as a whole. `id`: of the ledger and the run. */
  readonly watch: (id: string) => RunWatch;
  readonly onOpen?: ((shard: number, counts: () => MarkerCounts) => void) | undefined;
  /** Aborts when the process is to end at once, and not only soon. */
  readonly giveUp?: AbortSignal | undefined;
  /** Reads what is recorded, as soon as it is durable. */
  readonly reader?: RecordReader | undefined;
}

/** By what a process knows a run, of whichever ledger. */
export const runKey = (ledger: Place, run: string): string => `${ledger.bucket}/${ledger.prefix}/${run}`;

/** This worker is refused what others are not: whoever runs it should look after it. */
export class RefusedAlone extends RefusedError {}

/** Keys are brought back by the command that was told to, and agreed to: by no queue's worker, whoever reminds it of the run. */
export const isBroughtBack = (
  { options }: Pick<RunRequest, "options">,
  { allow }: Pick<ShardWorker, "allow">,
): boolean => options.fromArchive !== undefined && allow !== undefined;

/** Another attempt is alive: look again when its sign of life would have grown old. */
const YIELD_MS = 30_000;

export async function workShard(
  message: ShardMessage,
  delivery: Delivery,
  sender: Sender,
  worker: ShardWorker,
): Promise<Answer> {
  const { surroundings } = worker;
  const { clock, random, log, meter, open } = surroundings;
  const ledger = openLedger(message.ledger, message.run, surroundings);
  const id = runKey(message.ledger, message.run);
  let run = worker.runs.get(id);
  // A ledger bucket that ever had versioning lets a second planner take the first one's place: then look again.
  if (run?.plan !== message.plan) run = await readRun(ledger);
  if (run === undefined) {
    return { kind: "reject", reason: hasNoRunDocument(ledger, message.run) };
  }
  if (isBroughtBack(run.request, worker)) return { kind: "acknowledge" };
  checkAllowed(worker.allow, placesOf(run.request));
  const fault = placesFault({ ...run.request, ledger: message.ledger });
  if (fault !== undefined) {
    await haltForPlaces(ledger, fault, surroundings);
    return { kind: "acknowledge" };
  }
  worker.runs.set(id, run);
  // Of two planners one lost: its shards are nobody's.
  if (message.plan !== run.plan) return { kind: "acknowledge" };
  if (message.shard >= run.shards) {
    return {
      kind: "reject",
      reason: `the run ${message.run} has ${counted(run.shards, "shard")}, so there is no shard ${message.shard}`,
    };
  }
  const { request } = run;
  const { events } = request.options;
  const source = open("source", request.source);
  // The first original comes after a few requests to the ledger; by then whoever is far away can be spoken to.
  source.prepare?.();
  const end = await archiveShard({
    ledger,
    request,
    plan: planOfShard(run, message.shard),
    ruling: run.plan,
    shard: message.shard,
    seq: message.seq,
    attempt: ulid(clock.now(), random),
    shards: run.shards,
    planRows: run.rows,
    countedOnly: run.countedOnly,
    watch: worker.watch(id),
    source,
    archive: open("archive", request.archive),
    sink: events === undefined ? undefined : worker.openSink("events", events),
    clock,
    random,
    log,
    meter,
    pace: worker.pace,
    ...worker.trust(request.source.bucket),
    deadline: delivery.deadline,
    signal: delivery.signal,
    giveUp: worker.giveUp,
    worker: surroundings.worker.id,
    isGone: surroundings.worker.isGone,
    onOpen: worker.onOpen,
    reader: worker.reader,
  });
  switch (end.kind) {
    case "over":
    case "superseded":
    case "stopped":
    // Reconcile sends it again when it is time; no message need wait in a queue for so long.
    case "restoring":
    // The same, when the run's cap has room for more.
    case "short":
      return { kind: "acknowledge" };
    case "sick":
      throw new RefusedAlone(end.code, end.reason);
    case "yielded":
      return {
        kind: "give-back",
        delaySeconds: Math.round((YIELD_MS * (1 + random() / 2)) / 1000),
        reason: `another attempt on shard ${message.shard} is alive`,
        others: true,
      };
    case "left":
      if (end.progress) {
        await sender.send(JSON.stringify({ ...message, seq: message.seq + 1 }));
        return { kind: "acknowledge" };
      }
      return {
        kind: "give-back",
        delaySeconds: Math.round(giveBackMs(end.earlier, random) / 1000),
        reason: `${counted(end.rows, "row")} of shard ${message.shard} ${verbOf(end.rows, "is", "are")} left and none could be ended`,
      };
  }
}
