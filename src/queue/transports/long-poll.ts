/**
 * Receivers that wait for a message of one embedded queue. One alarm serves them all: it sleeps until the next hidden message is
 * due. Whoever stops waiting passes the word on, so that no message lies ready while somebody waits.
 */
import type { Clock } from "../../vocabulary/clock.ts";

/** The part of a queue that waiting looks at. */
export interface Waited {
  advance(now: number): void;
  nextDue(): number | undefined;
  counts(): { readonly ready: number };
}

export interface LongPoll {
  /** Until a message may be ready, `deadline` (ms) has come, or `signal` aborts; never rejects. */
  wait(deadline: number, signal: AbortSignal | undefined): Promise<void>;
  /** Looks again, after anything that may have made a message ready or due earlier. */
  stir(): void;
  /** Ends all waiting (the queue is gone). */
  end(): void;
}

/** @param clock whose `now` only goes forward */
export function createLongPoll(queue: Waited, clock: Pick<Clock, "now" | "sleep">): LongPoll {
  // Sets keep the order of arrival: the longest-waiting is woken first.
  const waiting = new Set<AbortController>();
  let alarm: { readonly at: number; readonly off: AbortController } | undefined;

  const setAlarm = () => {
    const due = waiting.size === 0 ? undefined : queue.nextDue();
    if (alarm?.at === due) return;
    alarm?.off.abort();
    alarm = undefined;
    if (due === undefined) return;
    const mine = { at: due, off: new AbortController() };
    alarm = mine;
    void clock.sleep(due - clock.now(), mine.off.signal).then(() => {
      if (alarm !== mine) return;
      alarm = undefined;
      stir();
    });
  };
  const stir = () => {
    queue.advance(clock.now());
    let toWake = queue.counts().ready;
    for (const waiter of waiting) {
      if (toWake <= 0) break;
      waiting.delete(waiter);
      waiter.abort();
      toWake -= 1;
    }
    setAlarm();
  };

  return {
    stir,
    async wait(deadline, signal) {
      if (signal?.aborted) return;
      const waiter = new AbortController();
      const stop = () => waiter.abort();
      signal?.addEventListener("abort", stop);
      waiting.add(waiter);
      setAlarm();
      await clock.sleep(deadline - clock.now(), waiter.signal);
      waiting.delete(waiter);
      signal?.removeEventListener("abort", stop);
      if (signal?.aborted) stir();
      else setAlarm();
    },
    end() {
      for (const waiter of waiting) waiter.abort();
      waiting.clear();
      setAlarm();
    },
  };
}
