/**
 * Shards that were sent to a queue and that nobody works on: a worker began and died, or gave its message back, or the message was lost. The
 * queue, or the sweep, brings each of them back after a while, which can be more than an hour; `status --repair` does it now.
 */
import pLimit from "p-limit";
import type { RunDocument } from "../../ledger/plan/run-document.ts";
import { restoreOf } from "../../ledger/plan/run-options.ts";
import { readSubmitted } from "../../ledger/plan/submitted.ts";
import { readPulses, slotAt } from "../../ledger/pulse.ts";
import { isAlive, lifeMs, newestSeq } from "../../ledger/shard/attempts.ts";
import { type ListedShard, listShards } from "../../ledger/shard/listed-shards.ts";
import { readRestoring } from "../../ledger/shard/restoring-marker.ts";
import type { LedgerStore } from "../../ledger/store.ts";
import type { Sender } from "../messages/delivery.ts";
import type { Place } from "../messages/messages.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";
import { shardMessage } from "./shard-message.ts";
import { ledgerSubmissions, sentAt } from "./submissions.ts";

export interface IdleShard {
  readonly shard: number;
  /** The last sign of whoever worked on it, or when it was sent, whichever is later; ms since the epoch, by the ledger's clock. */
  readonly since: number;
  /** The hand-over that it waits for. */
  readonly seq: number;
}

export interface IdleShards {
  /** Those that are idle for longest come first. */
  readonly shards: readonly IdleShard[];
  /** Was every shard looked at that is not over? */
  readonly all: boolean;
}

export interface IdleOptions {
  readonly isOver: (shard: number) => boolean;
  /** The first that may not be over. */
  readonly from: number;
  /** LISTs of what was recorded of shards, at most. */
  readonly mostLists: number;
}

/** None of a run that no queue carries. */
export async function idleShards(
  ledger: LedgerStore,
  run: RunDocument,
  { isOver, from, mostLists }: IdleOptions,
): Promise<IdleShards> {
  const submitted = await readSubmitted(ledger, run.plan);
  if (submitted.upTo === 0 && submitted.again.size === 0) return { shards: [], all: true };
  const { shards: asleep } =
    restoreOf(run.request.options) === undefined ? { shards: new Map<number, unknown>() } : await readRestoring(ledger);
  const isWanted = (shard: number) => !isOver(shard) && !asleep.has(shard) && sentAt(submitted, shard) !== undefined;
  const idle: IdleShard[] = [];
  const opened = new Set<number>();
  let anybody = false;
  let all = true;
  const before = ledger.requests();
  for await (const listed of listShards(ledger, from, run.shards)) {
    const { shard, attempts, serverTime } = listed;
    if (ledger.requests() - before > mostLists) {
      all = false;
      break;
    }
    opened.add(shard);
    anybody ||= attempts.some((attempt) => isAlive(attempt, serverTime));
    if (!isWanted(shard)) continue;
    const found = idleSince(listed, sentAt(submitted, shard) ?? Number.NEGATIVE_INFINITY);
    if (found !== undefined) idle.push(found);
  }
  // What no worker has opened may just wait for its turn, as long as anybody works.
  if (all && !anybody && !(await isAnyPulse(ledger, submitted.now))) {
    for (let shard = from; shard < run.shards; shard++) {
      if (opened.has(shard) || !isWanted(shard)) continue;
      const since = sentAt(submitted, shard) ?? submitted.now;
      if (submitted.now - since > lifeMs) idle.push({ shard, since, seq: 0 });
    }
  }
  return { shards: idle.sort((a, b) => a.since - b.since || a.shard - b.shard), all };
}

/** Undefined where somebody works on it, or it was sent just now. */
export function idleSince({ shard, attempts, serverTime }: ListedShard, sent: number): IdleShard | undefined {
  if (attempts.some((attempt) => isAlive(attempt, serverTime))) return undefined;
  const since = Math.max(sent, ...attempts.map(({ lastSign }) => lastSign));
  return serverTime - since > lifeMs ? { shard, since, seq: newestSeq(attempts) } : undefined;
}

async function isAnyPulse(ledger: LedgerStore, now: number): Promise<boolean> {
  return (await readPulses(ledger, slotAt(now - lifeMs))).pulses.size > 0;
}

/** Messages sent at once. */
const SENDS = 16;

/** Sends the messages of these shards anew, and says so in the ledger, so that nobody else does. Resolves with how many that were. */
export async function sendIdle(
  ledger: LedgerStore,
  { run, place }: { readonly run: RunDocument; readonly place: Place },
  idle: readonly IdleShard[],
  sender: Sender,
  { clock, random }: Pick<Surroundings, "clock" | "random">,
): Promise<number> {
  const submissions = ledgerSubmissions(ledger, run.plan, clock, random);
  await pLimit(SENDS).map(idle, async ({ shard, seq }) => {
    await sender.send(shardMessage({ run, place }, shard, seq));
    await submissions.sentAgain(shard);
  });
  return idle.length;
}
