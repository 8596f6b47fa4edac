/**
 * `work`: polls a queue and archives, several messages at once. Pollers receive one after the other, and the next message is taken
 * only while fewer rows wait than may be under way: so tasks stay busy whatever the size of a shard, and no worker sits on
 * messages that another could begin.
 *
 * Draining ends when nothing is left to do: the queue has been empty for a while (nothing visible, nothing in other hands,
 * nothing delayed), and every run touched here is at rest. A reconcile message waits up to five minutes between two looks at a
 * run, and where the queue does not say what it holds, that is how long is waited for a run that is not at rest.
 */
import { setMaxListeners } from "node:events";
import { endedRows, type MarkerCounts } from "../../ledger/counts.ts";
import type { QueueFromUrl } from "../../queue/index.ts";
import type { Summary } from "../../report/summary.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Meter } from "../../vocabulary/metrics/measured.ts";
import { answerTo } from "../deliver/handle-delivery.ts";
import { RefusedAlone } from "../deliver/work-shard.ts";
import { createDeadLetters, type DeadLetters, type QueueAt } from "../messages/dead-letters.ts";
import type { HandleDelivery } from "../messages/delivery.ts";
import { type Message, parseMessage } from "../messages/messages.ts";
import { queueSender } from "../messages/queue-sender.ts";
import type { Surroundings, Waiting } from "../surroundings/surroundings.ts";
import { type Polled, pollQueue } from "./poll-queue.ts";
import { queueDepth } from "./queue-depth.ts";
import { createRowCounts } from "./row-counts.ts";
import { watchStall, whyHeld } from "./stall-watch.ts";
import { createTouchedRuns } from "./touched-runs.ts";
import { createWorkerWithRoom } from "./worker-with-room.ts";

export interface WorkQueueOptions {
  readonly queue: QueueFromUrl;
  /** Where messages go that can never be worked; absent: where the queue's RedrivePolicy says. */
  readonly deadLetterQueue?: QueueAt | undefined;
  /** Seconds; see the setting `visibility`. */
  readonly visibility: number;
  /** End when nothing is left to do. */
  readonly drain: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Aborts when what is in flight is given up at once, after `signal`. */
  readonly giveUp?: AbortSignal | undefined;
  readonly onProgress?: ((worked: WorkedRows) => void) | undefined;
}

/** What this process did, of the rows of any run. */
export interface WorkedRows extends MarkerCounts {
  readonly messages: number;
  /** Rows under way, and those that wait for their turn. */
  readonly underWay?: number | undefined;
  /** Rows that may be worked at once now. */
  readonly concurrency?: number | undefined;
  /** The same where it was found by trying. */
  readonly atOnce?: number | undefined;
  /** What holds this process up just now. */
  readonly waiting?: Waiting | undefined;
  /** The last time that the queue was asked for a message, no answer came. */
  readonly unasked?: boolean | undefined;
}

export interface Worked extends Polled {
  readonly rows: MarkerCounts;
  /** How the runs that were touched stand at the end; only where it drained. */
  readonly runs: readonly Summary[];
}

/** Messages at once, at most. */
const MOST_POLLERS = 64;
const TURN_MS = 50;
const PROGRESS_MS = 250;
/** After the last work of a process that is asked to stop: what it handed over comes at once to a receive that still waits. */
const LAST_RECEIVE_MS = 1_000;
/** A receive that is under way delays the end by as much. */
const DRAIN_WAIT_SECONDS = 1;
/** Between two looks at the queue, and how many must find it empty, one after the other. */
const LOOK_MS = 1_000;
const EMPTY_LOOKS = 3;
/** The longest a reconcile message waits, and a little more. */
const RECONCILE_MS = 330_000;

/** Throws what is wrong with the queue for good. */
export async function workQueue(surroundings: Surroundings, options: WorkQueueOptions): Promise<Worked> {
  const { queue, deadLetterQueue, visibility, drain, signal, giveUp, onProgress } = options;
  const { clock, log, meter, settings } = surroundings;
  const sender = queueSender(queue.client, queue.queueUrl, surroundings);
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const stopToo = () => stop.abort();
  signal?.addEventListener("abort", stopToo, { once: true });
  if (signal?.aborted) stop.abort();

  const rows = createRowCounts();
  const touched = createTouchedRuns();
  /** By message id: those that can't be worked, and of them those that are still in the queue. */
  const rejected = new Set<string>();
  const staying = new Set<string>();
  let working = 0;
  let lastBusy = clock.elapsed();
  const worker = createWorkerWithRoom(surroundings, giveUp);

  const handle: HandleDelivery = async (delivery, send) => {
    const message = readable(delivery.body);
    let counts: (() => MarkerCounts) | undefined;
    working++;
    const onOpen = (_: number, of: () => MarkerCounts) => {
      counts = rows.follow(of);
    };
    try {
      const answer = await worker.work(delivery, send, onOpen).catch((thrown: unknown) => {
        // It would be refused whatever it took next, and others can work it.
        if (thrown instanceof RefusedAlone) failed(thrown);
        return answerTo(ensureError(thrown));
      });
      if (answer.kind === "reject" || answer.kind === "refuse" || (answer.kind === "give-back" && answer.newer)) {
        rejected.add(delivery.messageId ?? delivery.body);
        staying.add(delivery.messageId ?? delivery.body);
      } else if (message !== undefined) touched.add(message, worker.runs());
      return answer;
    } finally {
      working--;
      rows.settle(counts);
      lastBusy = clock.elapsed();
    }
  };

  const letters = createDeadLetters(surroundings)(queue, deadLetterQueue);
  const deadLetters: DeadLetters = {
    ...letters,
    async take(letter) {
      const buried = await letters.take(letter);
      if (buried.kind === "moved") staying.delete(letter.messageId ?? letter.body);
      return buried;
    },
  };

  let unasked = false;
  const metered: Meter = (measured) => {
    if (measured.kind === "received") unasked = measured.failed;
    meter?.(measured);
  };
  let turn: Promise<unknown> = Promise.resolve();
  let receiving = false;
  let enough = false;
  const inTurn = <T>(receive: () => Promise<T>): Promise<T> => {
    const mine = turn.then(async () => {
      while (!stop.signal.aborted && (enough || !worker.hasRoom())) {
        await clock.sleep(TURN_MS, stop.signal);
      }
      stop.signal.throwIfAborted();
      receiving = true;
      try {
        return await receive();
      } finally {
        receiving = false;
      }
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
  const givenUp = new AbortController();
  /** A shard that is handed over as this process stops would else be given to its own receive that is gone, and be hidden for as long as a shard may take. */
  const giveUpReceiving = async () => {
    if (working > 0) {
      while (working > 0) await clock.sleep(TURN_MS);
      for (let waited = 0; receiving && waited < LAST_RECEIVE_MS; waited += TURN_MS) await clock.sleep(TURN_MS);
    }
    givenUp.abort();
  };
  const stopped = () => void giveUpReceiving();
  if (stop.signal.aborted) stopped();
  else stop.signal.addEventListener("abort", stopped, { once: true });

  /** Receives no more. False where the last receive did bring something: then it goes on. */
  const receivesNoMore = async (): Promise<boolean> => {
    enough = true;
    // Not aborted: a queue may already be giving a message to a connection that is gone, and would hide it for long.
    while (receiving && !stop.signal.aborted) await clock.sleep(TURN_MS, stop.signal);
    await clock.sleep(TURN_MS, stop.signal);
    enough = working === 0;
    return enough;
  };

  /** Resolves when there is nothing left to do. */
  const drained = async (): Promise<void> => {
    let empty = 0;
    while (!stop.signal.aborted && (empty < EMPTY_LOOKS || !(await receivesNoMore()))) {
      await clock.sleep(LOOK_MS, stop.signal);
      const depth = working > 0 ? Number.POSITIVE_INFINITY : await queueDepth(queue);
      // A message that can't be worked and could not be moved comes back until the queue itself moves it: nobody waits for that.
      const left = depth === undefined ? 0 : Math.max(0, depth - staying.size);
      const quiet = clock.elapsed() - lastBusy;
      const unasked = depth === undefined && quiet < 2 * longestWaitMs;
      if (left > 0 || unasked || working > 0) empty = 0;
      else if (quiet < RECONCILE_MS && !(await touched.atRest(surroundings))) empty = 0;
      else empty++;
    }
  };

  const fatal: { error?: Error } = {};
  const failed = (thrown: unknown) => {
    fatal.error ??= ensureError(thrown);
    stop.abort();
    return { acknowledged: 0, givenBack: 0, rejected: 0 };
  };
  const pollers = Math.min(MOST_POLLERS, settings.concurrency + 1);
  const polling = Array.from({ length: pollers }, () =>
    pollQueue({
      queue,
      handle,
      sender,
      deadLetters,
      visibility,
      deadline: Number.POSITIVE_INFINITY,
      idle: Number.POSITIVE_INFINITY,
      inTurn,
      longestWait: drain ? DRAIN_WAIT_SECONDS : undefined,
      signal: stop.signal,
      receiving: givenUp.signal,
      clock,
      log,
      meter: metered,
    }).catch(failed),
  );
  const draining = drain ? drained().then(stopToo, failed) : Promise.resolve();
  const showing = (async () => {
    while (onProgress !== undefined && !stop.signal.aborted) {
      onProgress({
        ...rows.sum(),
        messages: rows.messages(),
        underWay: worker.unfinished(),
        atOnce: worker.atOnce(),
        concurrency: worker.concurrency(),
        waiting: worker.heldUp(),
        unasked,
      });
      await clock.sleep(PROGRESS_MS, stop.signal);
    }
  })();
  const stalls = watchStall({
    surroundings,
    ended: () => endedRows(rows.sum()),
    underWay: worker.unfinished,
    why: () => whyHeld(worker.heldUp()),
    over: stop.signal,
  });
  const polled = await Promise.all(polling);
  stop.abort();
  await Promise.all([draining, showing, stalls]);
  signal?.removeEventListener("abort", stopToo);
  if (fatal.error !== undefined) throw fatal.error;
  return {
    acknowledged: sum(polled, "acknowledged"),
    givenBack: sum(polled, "givenBack"),
    rejected: rejected.size,
    rows: rows.sum(),
    runs: drain ? await touched.summaries(surroundings) : [],
  };
}

/** Twice this without a message, and a queue that can't be asked is taken for empty. */
const longestWaitMs = 5_000;

function sum(polled: readonly Polled[], name: keyof Polled): number {
  return polled.reduce((total, one) => total + one[name], 0);
}

function readable(body: string): Message | undefined {
  try {
    return parseMessage(body);
  } catch {
    return undefined;
  }
}
