/**
 * The main thread's end: Workers that are threads. A thread is started when there is something to do and no other has room.
 * One that dies (an exception that nobody caught, its heap full) is a worker that crashed: its deliveries are given back, none is
 * acknowledged, and another thread takes its place; where threads only die, no more are started.
 */

import type { MarkerCounts } from "../../ledger/layout.ts";
import type { ShardWorker } from "../../run/deliver/work-shard.ts";
import type { Answer, Sender } from "../../run/messages/delivery.ts";
import type { Workers } from "../../run/work/workers.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { FromThread, Port, ToThread } from "./messages.ts";
import { thrownData, thrownError } from "./thrown.ts";

/** A thread as the main thread has it. */
export interface Thread extends Port<ToThread, FromThread> {
  /** No two of a process bear the same, and no other process is asked about it. */
  readonly number: number;
  /** Called once, when it has ended by itself. */
  onDeath(died: (why: Error) => void): void;
  terminate(): Promise<void>;
}

/** As many deaths without a delivery that was acknowledged between them end the work: the program is at fault, or the machine too small. */
export const MOST_DEATHS = 10;

interface InHand {
  readonly sender: Sender;
  readonly onOpen: ShardWorker["onOpen"];
  counts: MarkerCounts | undefined;
  readonly answer: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
}

/** The place of one thread, whichever it is at the time. */
interface Seat {
  thread: Thread | undefined;
  readonly inHand: Map<number, InHand>;
  /** Deliveries that this thread was given. */
  given: number;
  room: boolean;
}

export interface PoolOptions {
  readonly count: number;
  /** `index` counts from 0 to `count` - 1, and says which share is its. */
  readonly start: (index: number) => Thread;
  readonly log: Log;
}

export function createThreadPool({ count, start, log }: PoolOptions): Workers {
  const seats: readonly Seat[] = Array.from({ length: count }, () => ({
    thread: undefined,
    inHand: new Map(),
    given: 0,
    room: true,
  }));
  const runs = new Set<string>();
  const gone: number[] = [];
  const broken = new AbortController();
  let deliveries = 0;
  let deaths = 0;
  let closing = false;

  function take(seat: Seat): Thread {
    if (seat.thread !== undefined) return seat.thread;
    const thread = start(seats.indexOf(seat));
    Object.assign(seat, { thread, given: 0, room: true });
    thread.listen((message) => {
      // What a thread said before it died may still arrive.
      if (seat.thread === thread) hear(seat, thread, message);
    });
    thread.onDeath((why) => {
      if (!closing && seat.thread === thread) lose(seat, thread, why);
    });
    return thread;
  }

  function hear(seat: Seat, thread: Thread, message: FromThread): void {
    switch (message.kind) {
      case "log":
        log[message.level](message.message, message.fields);
        return;
      case "state":
        if (message.taken === seat.given) seat.room = message.room;
        for (const [delivery, counts] of message.counts) note(seat.inHand.get(delivery), counts);
        return;
    }
    const its = seat.inHand.get(message.delivery);
    if (its === undefined) return;
    switch (message.kind) {
      case "opened":
        note(its, message.counts);
        its.onOpen?.(message.shard, () => its.counts ?? message.counts);
        return;
      case "send":
        its.sender.send(message.body, message.delaySeconds).then(
          () => thread.post({ kind: "sent", send: message.send }),
          (thrown: unknown) =>
            thread.post({ kind: "sent", send: message.send, refused: thrownData(ensureError(thrown)) }),
        );
        return;
      case "answered":
        note(its, message.counts);
        for (const run of message.runs) runs.add(run);
        if (message.answer.kind === "acknowledge") deaths = 0;
        its.answer(message.answer);
        return;
      case "threw":
        note(its, message.counts);
        its.fail(thrownError(message.thrown));
    }
  }

  function lose(seat: Seat, thread: Thread, why: Error): void {
    Object.assign(seat, { thread: undefined, room: true });
    gone.push(thread.number);
    deaths++;
    const reason = `the worker thread that had it ended: ${why.message}`;
    const left = [...seat.inHand.values()];
    log.error("A worker thread ended; what it had in hand is given back.", {
      reason: why.message,
      deliveries: left.length,
    });
    if (deaths >= MOST_DEATHS) {
      const sentence = `Worker threads ended ${deaths} times and nothing was done between, the last time because: ${why.message}; give the process more memory, or work without threads, by --workers 1.`;
      broken.abort(new Error(sentence, { cause: why }));
    }
    // At once: its attempts are known to be gone, so nobody waits for them.
    for (const its of left) its.answer({ kind: "give-back", delaySeconds: 0, reason });
  }

  const note = (its: InHand | undefined, counts: MarkerCounts | undefined) => {
    if (its !== undefined) its.counts = counts ?? its.counts;
  };

  /** Of those that have room the one with the least in hand; where none has, the one with the least in hand. */
  const best = (): Seat =>
    seats.toSorted((a, b) => Number(b.room) - Number(a.room) || a.inHand.size - b.inHand.size)[0] as Seat;

  return {
    count,
    work(delivery, sender, onOpen) {
      if (broken.signal.aborted) return Promise.reject(broken.signal.reason);
      const seat = best();
      const thread = take(seat);
      const id = ++deliveries;
      const { body, deadline, messageId, signal } = delivery;
      const abort = () => thread.post({ kind: "abort", delivery: id });
      return new Promise<Answer>((answer, fail) => {
        seat.inHand.set(id, { sender, onOpen, counts: undefined, answer, fail });
        seat.given++;
        seat.room = false;
        thread.post({ kind: "deliver", delivery: id, body, deadline, messageId, gone });
        if (signal?.aborted) abort();
        signal?.addEventListener("abort", abort, { once: true });
      }).finally(() => {
        seat.inHand.delete(id);
        signal?.removeEventListener("abort", abort);
      });
    },
    hasRoom: () => seats.some(({ room }) => room),
    runs: () => runs,
    broken: broken.signal,
    async close() {
      closing = true;
      await Promise.all(seats.map(({ thread }) => thread?.terminate()));
    },
  };
}
