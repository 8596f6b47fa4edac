/** What must hold in every state, at the steps that end a delivery, and at rest. Each throws a Violation: one sentence. */

import { parseAttemptObject, parseControl, parseMarker, parseRestoring, paths } from "../../src/ledger/layout.ts";
import { foldShard } from "../../src/ledger/shard/fold.ts";
import { decodeSegment } from "../../src/ledger/shard/segment.ts";
import { parseSummary, type Summary } from "../../src/report/summary.ts";
import { isTerminal, type Outcome } from "../../src/vocabulary/outcome.ts";
import type { StoredObject } from "../stores/memory-objects.ts";
import type { Objects } from "./objects.ts";
import type { Delivery, QueuedMessage, State } from "./state.ts";
import { ledgerPrefix, originals, rows, type Story } from "./story.ts";
import { Violation } from "./violation.ts";

/** What the ledger says, worked out once for each. */
interface Told {
  /** By shard, then by row. */
  readonly outcomes: ReadonlyMap<number, ReadonlyMap<number, Outcome>>;
  readonly doneShards: ReadonlySet<number>;
  readonly groupDone: boolean;
  readonly summary: Summary | undefined;
  readonly controls: readonly string[];
  /** Until when nobody need look at a shard: the last moment that its markers tell. */
  readonly asleep: ReadonlyMap<number, number>;
}

const segments = new WeakMap<StoredObject, readonly Outcome[]>();
const told = new WeakMap<Objects, Told>();
/** Stores of which all is known to hold: one after another they are the same in many states. */
const held = new Set<string>();

function outcomesOf(object: StoredObject): readonly Outcome[] {
  const known = segments.get(object) ?? decodeSegment(object.bytes, object.key).outcomes;
  segments.set(object, known);
  return known;
}

function tellOf(ledger: Objects): Told {
  const known = told.get(ledger) ?? readLedger(ledger);
  told.set(ledger, known);
  return known;
}

function readLedger(ledger: Objects): Told {
  const attempts = new Map<number, Map<string, Outcome[]>>();
  const doneShards = new Set<number>();
  const controls: string[] = [];
  const asleep = new Map<number, number>();
  let groupDone = false;
  let summary: Summary | undefined;
  for (const object of [...ledger.byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1))) {
    const path = object.key.slice(ledgerPrefix.length);
    if (path.startsWith(paths.allDone)) doneShards.add(parseMarker(path)?.number ?? -1);
    if (path.startsWith(paths.groups)) groupDone = true;
    if (parseControl(path) !== undefined) controls.push(path);
    const restoring = parseRestoring(path);
    if (restoring !== undefined)
      asleep.set(restoring.shard, Math.max(restoring.until, asleep.get(restoring.shard) ?? 0));
    if (path === paths.summary) summary = parseSummary(JSON.parse(object.bytes.toString("utf8")));
    const parsed = parseAttemptObject(path);
    if (parsed?.object.kind !== "segment") continue;
    const { shard } = parsed;
    const records = attempts.get(shard) ?? new Map<string, Outcome[]>();
    attempts.set(shard, records);
    const { attempt } = parsed.object;
    records.set(attempt, [...(records.get(attempt) ?? []), ...outcomesOf(object)]);
  }
  const outcomes = new Map(
    [...attempts].map(([shard, records]) => {
      const folded = foldShard([...records].map(([attempt, those]) => ({ attempt, outcomes: those })));
      return [shard, new Map([...folded].map(([row, { outcome }]) => [row, outcome]))];
    }),
  );
  return { outcomes, doneShards, groupDone, summary, controls, asleep };
}

const archivable = ({ refused }: Story) => originals.size - (refused === undefined ? 0 : 1);
const isWrong = ({ outcome }: Outcome) => outcome === "failed" || outcome === "skipped";

const shardsOf = ({ shardSize }: Story) => Math.ceil(rows.length / shardSize);

export function holdsAlways(state: State, story: Story): void {
  // Whoever opens beside another learns of it before it fetches, so that an overlap costs nothing, which is less than the design
  // allows. But an attempt that stands still for longer than its life is taken for dead, and then works on: until a heartbeat
  // shows them to each other both fetch, as much as there is in so small a shard. Nothing that is only read and written can
  // tell who is dead from who is slow.
  const perOverlap = state.lives > 0 ? Math.max(story.concurrency, story.shardSize) : 0;
  const most = rows.length + story.concurrency * state.crashes + perOverlap * state.overlaps;
  if (state.fetches > most) {
    throw new Violation(
      `I5: ${state.fetches} fetches of ${rows.length} rows with ${state.crashes} crashes, ${state.overlaps} overlaps and concurrency ${story.concurrency}`,
    );
  }
  // A HEAD comes before each of them; only what a dead process had sent may come after another's.
  if (state.restores > 1 + state.crashes) {
    throw new Violation(`one original is restored ${state.restores} times, with ${state.crashes} crashes`);
  }
  const stores = `${story.name} ${state.archive.digest} ${state.ledger.digest}`;
  if (held.has(stores)) return;
  storesHold(state, story);
  held.add(stores);
}

function storesHold(state: State, story: Story): void {
  for (const { key, bytes } of state.archive.byKey.values()) {
    if (!originals.get(key)?.equals(bytes)) throw new Violation(`I2: the archive holds other bytes of ${key}`);
  }
  const { outcomes, doneShards, groupDone, summary, controls } = tellOf(state.ledger);
  for (const outcome of [...outcomes.values()].flatMap((shard) => [...shard.values()])) {
    if (outcome.outcome === "archived" && !state.archive.byKey.has(outcome.archiveKey ?? "")) {
      throw new Violation(`I2: the ledger says that ${outcome.key} is archived, and it is not there`);
    }
    if (outcome.key === story.refused ? outcome.outcome === "archived" : isWrong(outcome)) {
      throw new Violation(`nothing else can fail here, and ${outcome.key} is ${outcome.outcome}: ${outcome.code}`);
    }
  }
  for (const shard of doneShards) {
    const ended = [...(outcomes.get(shard)?.values() ?? [])].filter(isTerminal).length;
    if (ended !== story.shardSize) {
      throw new Violation(`I6: shard ${shard} is marked as done, and ${ended} of its ${story.shardSize} rows are over`);
    }
  }
  if (groupDone && doneShards.size < shardsOf(story)) {
    throw new Violation(`I3: the group is over, and only ${doneShards.size} of its shards are`);
  }
  if (summary?.state === "complete" && (summary.archived !== archivable(story) || summary.pending !== 0)) {
    throw new Violation(`I3: complete with ${summary.archived} rows archived and ${summary.pending} pending`);
  }
  if (controls.length > 0) throw new Violation(`nobody stops the run here, and there is ${controls.join(", ")}`);
}

/** I6, right before a message is deleted. */
export function messageChecks(state: State, message: QueuedMessage): void {
  const body = JSON.parse(message.body) as { type: string; plan?: string; shard?: number; seq?: number };
  const others = state.messages.filter(({ id }) => id !== message.id);
  const { doneShards, summary, asleep } = tellOf(state.ledger);
  const wrong = (lacks: string) => new Violation(`I6: ${message.id} is acknowledged, and ${lacks}`);
  if (body.type !== "shard") {
    if (summary?.state === "complete") return;
    // Another message that carries the run on: sent by this very delivery, so it was not there before it.
    if (others.some((other) => !other.deleted && other.id.startsWith("reconcile"))) return;
    throw wrong("neither is the run complete nor is there another message to carry it on");
  }
  if (doneShards.has(body.shard as number)) return;
  const run = state.ledger.byKey.get(ledgerPrefix + paths.run);
  if (run !== undefined && (JSON.parse(run.bytes.toString("utf8")) as { plan: string }).plan !== body.plan) return;
  const later = others.some((other) => {
    const its = JSON.parse(other.body) as typeof body;
    return its.type === "shard" && its.shard === body.shard && (its.seq ?? 0) > (body.seq ?? 0);
  });
  if (later) return;
  // Nobody need carry what sleeps: reconcile sends it again. While stores and queue stand still it may have slept enough by now.
  const until = asleep.get(body.shard as number);
  if (until !== undefined && (until > state.now || state.stalls > 0)) return;
  throw wrong("there is neither a done marker of its shard nor a later hand-over, nor does it sleep");
}

/**
 * Right before a delivery yields: somebody else must have gone on, or have died, or be at work; were all that it met to yield
 * as well, the shard would lie. (Whom it yields to may himself be about to yield to a third.)
 */
export function yieldChecks(state: State, delivery: Delivery): void {
  if (delivery.shard !== undefined && state.crashedShards.includes(delivery.shard)) return;
  // A stall may be longer than an opener waits for another to show itself, and that one may then end because of the first.
  if (state.stalls > 0) return;
  const met = new Set([delivery.name]);
  const goesOn = (name: string): boolean => {
    if (met.has(name)) return false;
    met.add(name);
    const ending = state.endings.get(name);
    return ending?.how !== "yielded" || ending.beside.some(goesOn);
  };
  if (delivery.beside.some(goesOn)) return;
  throw new Violation(
    delivery.beside.length === 0
      ? `${delivery.name} yields, and nobody was beside it`
      : `${delivery.name} yields, and all that were beside it yielded too: ${delivery.beside.join(", ")}`,
  );
}

/** I1, I3 and I9, where nothing more happens unless something goes wrong once more. */
export function holdsAtRest(state: State, story: Story): void {
  const { outcomes, summary } = tellOf(state.ledger);
  const left = state.messages.filter(({ deleted }) => !deleted).map(({ id }) => id);
  if (state.deliveries.length > 0) {
    throw new Violation(`I9: ${state.deliveries.map(({ name }) => name).join(", ")} waits for ever`);
  }
  if (left.length > 0) throw new Violation(`I9: nobody will ever receive ${left.join(", ")}`);
  if (summary?.state !== "complete") throw new Violation("I9: every message is gone, and the run is not complete");
  for (let shard = 0; shard < shardsOf(story); shard++) {
    for (let row = 0; row < story.shardSize; row++) {
      const outcome = outcomes.get(shard)?.get(row);
      if (outcome === undefined || !isTerminal(outcome))
        throw new Violation(`I1: row ${row} of shard ${shard} is not over`);
    }
  }
  if (state.archive.byKey.size !== archivable(story)) throw new Violation("I1: not every original is in the archive");
}
