/**
 * A timer's tick, where no queue carries runs: what is to be done stands in the ledger, and what would be sent to a queue is worked in this
 * process, as far as its time reaches, and forgotten. The next tick finds it there again.
 *
 *   - which runs are unfinished, one LIST tells: a run has written down where it works (ledger/places.ts), and does so here where its door did not
 *   - of a run any of its shards is taken that nobody works on, by chance, so that ticks which overlap seldom want the same; where they do, the rule
 *     of opening decides (ledger/shard/attempts.ts)
 *   - a scheduled run that waits for another is written down too, and begun by a later tick; of several only the newest, which archives what the
 *     others would have
 */
import { encodeTime, ulid } from "ulid";
import { type AwaitingRun, openPlaces } from "../../ledger/places.ts";
import { readRequest } from "../../ledger/plan/request.ts";
import { freeAt, newestSeq } from "../../ledger/shard/attempts.ts";
import { listShard } from "../../ledger/shard/listed-shards.ts";
import { leastWorkMs } from "../../policy/deadline.ts";
import type { Summary } from "../../report/summary.ts";
import { sameBucket } from "../../vocabulary/address.ts";
import { ensureError, UserError } from "../../vocabulary/errors.ts";
import { deliver } from "../deliver/deliver.ts";
import type { HandleDelivery, Invocation, Sender, Submissions } from "../messages/delivery.ts";
import { type ManifestMessage, type Message, type Place, parseMessage } from "../messages/messages.ts";
import { LOOK_BACK_MS, placeDocument } from "../places/other-runs.ts";
import { digestOf } from "../plan/new-request.ts";
import { reconcileMessage } from "../reconcile/cancel-resume.ts";
import { processSubmissions } from "../reconcile/submissions.ts";
import { standingOf } from "../reconcile/unfinished-runs.ts";
import { openLedger } from "../surroundings/open-ledger.ts";
import type { Surroundings } from "../surroundings/surroundings.ts";

export interface TickOptions {
  readonly handle: HandleDelivery;
  /** The ledger whose runs are gone on with. */
  readonly place: Place;
  readonly surroundings: Surroundings;
  /** When this process must have given its answer, milliseconds by the clock's `elapsed`. */
  readonly deadline: number;
  /** Whose it is. */
  readonly invocation?: Invocation | undefined;
  /** Shards at once. */
  readonly shardsAtOnce: number;
  readonly onSummary?: ((summary: Summary, report: string) => void) | undefined;
  /** What this function's own schedule asks for, whenever: what waits of it is begun here. */
  readonly scheduled?: ManifestMessage | undefined;
}

/** What a tick did. */
export interface Ticked {
  /** Unfinished runs that it found, or was asked for, and how many of them are complete now. */
  readonly runs: number;
  readonly complete: number;
  /** Shards worked, each as often as it was taken. */
  readonly shards: number;
  /** Shards left alone: others are at work on them, or they are tried again later. */
  readonly leftAlone: number;
}

export interface Tick {
  /** Takes what would be sent to a queue. */
  readonly sender: Sender;
  /** As the deliveries of a tick are given it. */
  readonly sentHere: (plan: string) => Submissions;
  /** Looks which runs are unfinished. */
  look(): Promise<void>;
  /** Works what there is, until nothing is left that can be done now, or the time is over. Rejects with what can't be worked here, at its end. */
  work(): Promise<Ticked>;
}

interface Entry {
  readonly message: Exclude<Message, { readonly type: "manifest" }>;
  /** By the clock's `elapsed`. */
  due: number;
  /** This process had the shard before, so that no LIST need tell whether it is free. */
  readonly isOwn: boolean;
}

/** Nobody waits for longer for what comes next: all of it is paid for, and the next tick comes. */
const IDLE_MS = 10_000;
/** After a request to the ledger that failed. */
const FAILED_MS = 30_000;

/** By which one schedule's messages are known among those of others in one ledger. */
function nameOf(message: ManifestMessage): string {
  const { scheduledAt: _, ...same } = parseMessage(JSON.stringify(message)) as ManifestMessage;
  return `scheduled-${digestOf([same]).slice(0, 8)}`;
}

export function createTick({
  handle,
  place,
  surroundings,
  deadline,
  shardsAtOnce,
  onSummary: tell,
  scheduled,
  invocation,
}: TickOptions): Tick {
  const { clock, random, log } = surroundings;
  const places = openPlaces(surroundings.open("ledger", place), place.prefix, surroundings);
  const unended = () => places.unended(encodeTime(Math.max(0, clock.now() - LOOK_BACK_MS), 10));
  const entries = new Set<Entry>();
  const atWork = new Set<Entry>();
  const runs = new Set<string>();
  const complete = new Set<string>();
  const refusals: string[] = [];
  const sent = new Map<string, Submissions>();
  let waiting: readonly AwaitingRun[] = [];
  /** Messages of scheduled runs that are known to wait. */
  const kept = new Set<string>();
  let waits = 0;
  let shards = 0;
  let wake = new AbortController();

  const sentHere = (plan: string): Submissions => {
    const known = sent.get(plan) ?? processSubmissions(clock);
    sent.set(plan, known);
    return known;
  };

  const sender: Sender = {
    async send(body, delaySeconds = 0) {
      const message = parseMessage(body);
      if (message.type === "manifest") return keepWaiting(message, body);
      const due = clock.elapsed() + delaySeconds * 1_000;
      if (message.type === "reconcile") {
        await writeDown(message.ledger, message.run);
        const same = [...entries].find((entry) => isReconcile(entry, message.run));
        if (same !== undefined) {
          same.due = Math.min(same.due, due);
          return;
        }
      }
      // What a shard's own delivery hands over.
      entries.add({ message, due, isOwn: message.type === "shard" && message.seq > 0 });
    },
  };

  /** So that later ticks find it. */
  async function writeDown(ledger: Place, run: string): Promise<void> {
    if (runs.has(run)) return;
    if (!sameBucket(ledger, place) || ledger.prefix !== place.prefix) {
      throw new UserError(
        "MissingSetting",
        `The run ${JSON.stringify(run)} has another ledger than this function, whose timers would not find it; set ORIGINALS_LEDGER to that one, or ORIGINALS_QUEUE to sqs:URL or tdmq:URL.`,
      );
    }
    runs.add(run);
    if ((await unended()).open.some((marker) => marker.run === run)) return;
    const request = await readRequest(openLedger(place, run, surroundings));
    if (request !== undefined) await places.write(ulid(clock.now(), random), placeDocument(request, clock.now()));
  }

  async function keepWaiting(message: ManifestMessage, body: string): Promise<void> {
    waits++;
    if (kept.has(body)) return;
    kept.add(body);
    await places.wait({ id: ulid(clock.now(), random), run: nameOf(message) }, body);
  }

  const onSummary = (summary: Summary, report: string): void => {
    if (summary.state === "complete") complete.add(summary.run);
    tell?.(summary, report);
  };

  function give(message: Message) {
    const delivery = { body: JSON.stringify(message), deadline, sentHere, onSummary, invocation };
    return deliver(handle, delivery, sender, { clock, log });
  }

  async function workOne(entry: Entry): Promise<void> {
    let { message } = entry;
    const later = (ms: number, isOwn: boolean) => entries.add({ message, due: clock.elapsed() + ms, isOwn });
    if (message.type === "shard" && !entry.isOwn) {
      const { attempts, serverTime } = await listShard(openLedger(place, message.run, surroundings), message.shard);
      const waitMs = freeAt(attempts) - serverTime;
      if (waitMs > 0) {
        later(waitMs, false);
        return;
      }
      message = { ...message, seq: newestSeq(attempts) };
    }
    const answer = await give(message);
    if (message.type === "shard") shards++;
    if (answer.kind === "give-back") later(answer.delaySeconds * 1_000, true);
    else if (answer.kind === "refuse" || answer.kind === "reject") {
      refusals.push(answer.reason);
      // What is refused of one of its shards is of the next.
      for (const other of entries) if (other.message.run === message.run) entries.delete(other);
    }
  }

  const isReconcile = ({ message }: Entry, run: string) => message.type === "reconcile" && message.run === run;
  /** Is something of a run's shards to be waited for here? */
  const isBusy = (run: string, until: number) =>
    [...atWork].some(({ message }) => message.run === run) ||
    [...entries].some(({ message, due }) => message.type === "shard" && message.run === run && due <= until);

  function next(now: number): Entry | undefined {
    const due = [...entries].filter((entry) => entry.due <= now);
    return due.find(({ message }) => message.type === "reconcile") ?? due[Math.floor(random() * due.length)];
  }

  /** When there is something to do here that is not done by others; Infinity where there is not. */
  function nextDue(now: number): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (const { message, due } of entries) {
      // A run that has nothing to wait for is looked at again by the next tick.
      if (message.type === "shard" || isBusy(message.run, now + IDLE_MS)) soonest = Math.min(soonest, due);
    }
    return soonest;
  }

  async function lane(): Promise<void> {
    for (let now = clock.elapsed(); deadline - now >= leastWorkMs; now = clock.elapsed()) {
      const entry = next(now);
      if (entry === undefined) {
        const soonest = nextDue(now);
        if (atWork.size === 0 && soonest > now + IDLE_MS) return;
        await clock.sleep(Math.min(soonest, deadline) - now, wake.signal);
        continue;
      }
      entries.delete(entry);
      atWork.add(entry);
      try {
        await workOne(entry);
      } catch (thrown) {
        log.warn("A shard could not be looked at.", { run: entry.message.run, reason: ensureError(thrown).message });
        entries.add({ ...entry, due: clock.elapsed() + FAILED_MS });
      } finally {
        atWork.delete(entry);
        const { run } = entry.message;
        // Its last shard here is over: what is next for the run?
        if (entry.message.type === "shard" && !isBusy(run, clock.elapsed() + IDLE_MS)) {
          for (const each of entries) if (isReconcile(each, run)) each.due = clock.elapsed();
        }
        wake.abort();
        wake = new AbortController();
      }
    }
  }

  const workAll = () => Promise.all(Array.from({ length: shardsAtOnce }, lane));

  /** Of those of this schedule that wait the newest. It waits on where another run is still at work. */
  async function beginWaiting(): Promise<void> {
    const name = scheduled && nameOf(scheduled);
    const own = waiting.filter(({ run }) => run === name);
    const newest = own.at(-1);
    if (newest === undefined || deadline - clock.elapsed() < leastWorkMs) return;
    for (const older of own.slice(0, -1)) {
      log.info("A scheduled run is not begun: a later one waits too, and archives what it would have.");
      await places.end(older);
    }
    const body = await places.messageOf(newest);
    if (body !== undefined) {
      const message = parseMessage(body);
      // Sent again it is where it was.
      kept.add(JSON.stringify(message));
      const before = waits;
      const answer = await give(message);
      if (answer.kind === "give-back" || waits > before) return;
      if (answer.kind === "acknowledge") log.info("A scheduled run that waited for another is begun.");
      else refusals.push(answer.reason);
    }
    await places.end(newest);
  }

  return {
    sender,
    sentHere,
    async look() {
      const now = clock.elapsed();
      const written = await unended();
      waiting = written.waiting;
      for (const marker of written.open) {
        if (clock.elapsed() >= (now + deadline) / 2) return;
        if (runs.has(marker.run)) continue;
        const standing = await standingOf(place, marker.run, surroundings);
        if (standing === "over") await places.end(marker);
        if (standing !== "unfinished") continue;
        runs.add(marker.run);
        await sender.send(reconcileMessage(place, marker.run));
      }
    },
    async work() {
      await workAll();
      await beginWaiting();
      await workAll();
      const leftAlone = [...entries].filter(({ message }) => message.type === "shard").length;
      if (refusals[0] !== undefined) throw new UserError("NotWorked", `Not all could be worked: ${refusals[0]}`);
      return { runs: runs.size, complete: complete.size, shards, leftAlone };
    },
  };
}
