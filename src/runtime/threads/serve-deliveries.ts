/** The thread's end: works what the main thread delivers, and tells how it goes. */

import type { MarkerCounts } from "../../ledger/layout.ts";
import type { Sender } from "../../run/messages/delivery.ts";
import type { Workers } from "../../run/work/workers.ts";
import type { Clock } from "../../vocabulary/clock.ts";
import { ensureError } from "../../vocabulary/errors.ts";
import type { Log } from "../../vocabulary/log.ts";
import type { FromThread, Port, ToThread } from "./messages.ts";
import { thrownData, thrownError } from "./thrown.ts";

export type ThreadPort = Port<FromThread, ToThread>;

/** Between two looks at whether something changed: a thread out of work waits no longer for more. */
const LOOK_MS = 25;

interface InHand {
  readonly stop: AbortController;
  counts?: () => MarkerCounts;
}

/** `gone` is filled with the threads that the main thread says have died. */
export function serveDeliveries(
  port: ThreadPort,
  { workers, clock, gone }: { readonly workers: Workers; readonly clock: Clock; readonly gone: Set<number> },
): void {
  const inHand = new Map<number, InHand>();
  const sends = new Map<number, (refused: Error | undefined) => void>();
  let sent = 0;
  let taken = 0;
  let said = "";
  let looking = false;

  const senderOf = (delivery: number): Sender => ({
    send: (body, delaySeconds) =>
      new Promise((resolve, reject) => {
        const send = ++sent;
        sends.set(send, (refused) => (refused === undefined ? resolve() : reject(refused)));
        port.post({ kind: "send", delivery, send, body, delaySeconds });
      }),
  });

  async function work({ delivery, body, deadline, messageId }: Extract<ToThread, { kind: "deliver" }>): Promise<void> {
    const its: InHand = { stop: new AbortController() };
    inHand.set(delivery, its);
    const onOpen = (shard: number, counts: () => MarkerCounts) => {
      its.counts = counts;
      port.post({ kind: "opened", delivery, shard, counts: counts() });
    };
    try {
      const given = { body, deadline, messageId, signal: its.stop.signal };
      const answer = await workers.work(given, senderOf(delivery), onOpen);
      port.post({ kind: "answered", delivery, answer, counts: its.counts?.(), runs: [...workers.runs()] });
    } catch (error) {
      port.post({ kind: "threw", delivery, thrown: thrownData(ensureError(error)), counts: its.counts?.() });
    } finally {
      inHand.delete(delivery);
      tell();
    }
  }

  function tell(): void {
    const counts: [number, MarkerCounts][] = [];
    for (const [delivery, its] of inHand) if (its.counts !== undefined) counts.push([delivery, its.counts()]);
    const state = { kind: "state", taken, room: workers.hasRoom(), counts } as const;
    const text = JSON.stringify(state);
    if (text === said) return;
    said = text;
    port.post(state);
  }
  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    while (inHand.size > 0) {
      await clock.sleep(LOOK_MS);
      tell();
    }
    looking = false;
  }

  port.listen((message) => {
    switch (message.kind) {
      case "deliver":
        taken++;
        for (const thread of message.gone) gone.add(thread);
        void work(message);
        void look();
        return;
      case "abort":
        inHand.get(message.delivery)?.stop.abort();
        return;
      case "sent":
        sends.get(message.send)?.(message.refused && thrownError(message.refused));
        sends.delete(message.send);
    }
  });
}

/** A log that is written by the main thread. */
export function logTo(port: Pick<ThreadPort, "post">): Log {
  const at = (level: keyof Log): Log[typeof level] => {
    return (message, fields) => {
      // As it will be written: what can't be cloned is in no log either.
      const plain = fields && (JSON.parse(JSON.stringify(fields)) as typeof fields);
      port.post({ kind: "log", level, message, fields: plain });
    };
  };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
