/**
 * What can happen next. A step is: a request takes effect and is answered; a message is received; a process dies; a message
 * is delivered twice; everything holds still for a while. What can make no difference to anybody else (reads of what is
 * written once, fetches of a source that never changes, files that nobody reads) happens at once, in one order only.
 */

import { paths } from "../../src/ledger/layout.ts";
import { refusal } from "../stores/bucket-fault.ts";
import { fetchChecks, isOfCold, restoreTaken, sourceOf } from "./cold.ts";
import type { Histories } from "./histories.ts";
import { messageChecks, yieldChecks } from "./invariants.ts";
import { type Answer, effectOf, noObjects, type Objects, storedObject, withObject } from "./objects.ts";
import type { Happening } from "./process.ts";
import { messageName, nameOf, type QueueRequest, type Request, type StoreRequest } from "./request.ts";
import {
  type Delivery,
  isHeld,
  isVisible,
  type QueuedMessage,
  type State,
  withDelivery,
  withMessage,
  withoutDelivery,
} from "./state.ts";
import { type Bounds, firstMessage, firstObjects, ledgerPrefix, type Story, startedAt } from "./story.ts";
import { Violation } from "./violation.ts";

export interface Step {
  name(): string;
  /** Nothing that must happen sooner or later: without it the run has to come to rest as well. */
  readonly fault: boolean;
  take(): Promise<State>;
}

export interface Steps {
  start(): Promise<State>;
  from(state: State): readonly Step[];
}

const BEAT_MS = 10_000;
const LIFE_MS = 31_000;
/** A run of two rows that is not over by then will never be. */
const PATIENCE_MS = 24 * 3_600_000;

export function createSteps(story: Story, bounds: Bounds, histories: Histories): Steps {
  async function happens(state: State, delivery: Delivery, happening: Happening): Promise<State> {
    const point = await histories.after(delivery.point, happening);
    return withDelivery(state, { ...delivery, point });
  }

  /** Lets a request take effect, and its process know. */
  async function answered(state: State, delivery: Delivery, request: Request): Promise<State> {
    if (request.where === "queue") return queued(state, delivery, request);
    fetchChecks(story, state, request);
    const { after, answer } = isRefused(request)
      ? { after: state, answer: { says: "refused", error: refusal("AccessDenied") } }
      : taken(state, request);
    const fetches = state.fetches + (request.where === "source" && request.kind === "get" ? 1 : 0);
    return happens({ ...after, fetches }, delivery, { kind: "answer", n: request.n, answer });
  }

  /** A request has taken effect, whoever hears of it. */
  function taken(state: State, request: StoreRequest): { readonly after: State; readonly answer: Answer } {
    const { objects, answer } = effectOf(objectsOf(story, state, request), request, state.now);
    const after =
      request.kind === "restore"
        ? restoreTaken(story, state, answer.says === "begun")
        : stored(state, request, objects);
    return { after, answer };
  }

  const isRefused = (request: StoreRequest): boolean =>
    request.where === "source" && request.kind === "get" && request.key === story.refused;

  async function queued(state: State, delivery: Delivery, request: QueueRequest): Promise<State> {
    const done: Happening = { kind: "answer", n: request.n, answer: { says: "done", value: undefined } };
    if (request.kind === "send") {
      const next = sent(state, request.body, state.now + 1000 * request.delaySeconds);
      return happens(next, delivery, done);
    }
    const message = messageOf(state, delivery);
    let next = state;
    if (request.kind === "delete") {
      messageChecks(state, message);
      next = withMessage(state, { ...message, deleted: true });
    } else {
      if (/^rejected|fault in cos-originals/.test(request.reason)) throw new Violation(request.reason);
      const visibleAt = state.now + 1000 * request.delaySeconds;
      if (!message.deleted) next = withMessage(state, { ...message, visibleAt });
    }
    const yields = request.kind === "give-back" && /^another attempt/.test(request.reason);
    if (yields) yieldChecks(state, delivery);
    await histories.after(delivery.point, done);
    return withoutDelivery(next, delivery, yields ? "yielded" : "settled");
  }

  /** What makes no difference to anybody else. */
  async function settled(state: State): Promise<State> {
    for (;;) {
      const next = firstQuiet(state, story);
      if (next === undefined) return state;
      state = await answered(state, next.delivery, next.request);
    }
  }

  async function received(state: State, message: QueuedMessage): Promise<State> {
    const receives = message.receives + 1;
    const name = `${message.id}/${receives}`;
    const { type, shard, seq = 0 } = JSON.parse(message.body) as { type: string; shard?: number; seq?: number };
    const which = type === "manifest" ? 0 : shard;
    const rank = (seq * 64 + 16 * Number(message.id.slice(message.id.indexOf("#") + 1)) + receives) % 1024;
    const point = await histories.begin({
      name,
      body: message.body,
      at: state.now,
      skewMs: story.laterIds === "smaller" ? -3_600_000 * rank : 0,
      rank,
      limitMs: type === "shard" ? story.limitMs : 900_000,
      concurrency: story.concurrency,
      rate: story.rate,
    });
    const others = state.deliveries.filter((other) => which !== undefined && other.shard === which);
    let next = withMessage(state, { ...message, receives });
    for (const other of others) next = withDelivery(next, { ...other, beside: [...other.beside, name].sort() });
    const beside = others.map((other) => other.name);
    next = withDelivery(next, { name, message: message.id, shard: which, point, beside });
    return settled({ ...next, overlaps: state.overlaps + (others.length > 0 ? 1 : 0) });
  }

  function died(state: State, delivery: Delivery): State {
    const late = (bounds.lateWrites ? delivery.point.standing.pending : [])
      .filter((request) => request.kind === "put" || request.kind === "restore")
      .map((request) => ({ ...request, from: delivery.name }));
    const message = messageOf(state, delivery);
    const { shard } = delivery;
    return {
      ...withoutDelivery(withMessage(state, { ...message, visibleAt: state.now }), delivery, "crashed"),
      late: [...state.late, ...late].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : a.n - b.n)),
      crashedShards: shard === undefined ? state.crashedShards : [...new Set([...state.crashedShards, shard])].sort(),
      crashes: state.crashes + 1,
    };
  }

  /** Time goes by, and whoever sleeps wakes at his own moment; nothing that was asked is answered meanwhile. */
  async function passed(state: State, until: number): Promise<State> {
    if (until - startedAt > PATIENCE_MS) throw new Violation("I9: the run did not come to rest in a day");
    while (state.now < until) {
      const wakes = state.deliveries.flatMap(({ point }) => point.standing.wakesAt ?? []);
      const now = Math.min(until, ...wakes);
      let next: State = { ...state, now };
      for (const delivery of state.deliveries) next = await happens(next, delivery, { kind: "time", now });
      state = next;
    }
    return settled(state);
  }

  function from(state: State): readonly Step[] {
    const steps: Step[] = [];
    const step = (name: () => string, take: () => Promise<State>) => steps.push({ name, fault: false, take });
    const fault = (name: () => string, take: () => Promise<State>) => steps.push({ name, fault: true, take });
    const idle = state.deliveries.length < story.workers;
    for (const delivery of state.deliveries) {
      for (const request of delivery.point.standing.pending) {
        step(
          () => `${delivery.name}: ${nameOf(request)}`,
          async () => settled(await answered(state, delivery, request)),
        );
      }
    }
    for (const message of state.messages) {
      if (idle && isVisible(state, message))
        step(
          () => `${message.id} is received`,
          () => received(state, message),
        );
    }
    if (steps.length === 0) {
      const moments = [
        ...state.deliveries.flatMap(({ point }) => point.standing.wakesAt ?? []),
        ...state.messages.filter((m) => !m.deleted && !isHeld(state, m)).map((m) => m.visibleAt),
      ].filter((at) => at > state.now);
      const next = Math.min(...moments);
      if (moments.length > 0)
        step(
          () => `${(next - state.now) / 1000} s pass`,
          () => passed(state, next),
        );
    }

    for (const write of state.late) {
      fault(
        () => `late, of ${write.from}: ${nameOf(write)}`,
        async () => {
          const { after } = taken(state, write);
          return { ...after, late: state.late.filter((other) => other !== write) };
        },
      );
    }
    if (state.crashes < bounds.crashes) {
      for (const delivery of state.deliveries) {
        fault(
          () => `${delivery.name} dies`,
          async () => died(state, delivery),
        );
      }
    }
    if (state.duplicates < bounds.duplicates && idle) {
      const duplicates = state.duplicates + 1;
      for (const body of new Set(state.messages.map((message) => message.body))) {
        fault(
          () => `a copy of ${messageName(body)} is received`,
          () => {
            const next = sent({ ...state, duplicates }, body, state.now);
            const known = new Set(state.messages.map(({ id }) => id));
            return received(next, next.messages.find(({ id }) => !known.has(id)) as QueuedMessage);
          },
        );
      }
      for (const message of state.messages) {
        if (message.deleted || !isHeld(state, message)) continue;
        fault(
          () => `${message.id} is received while it is worked`,
          () => received({ ...state, duplicates }, message),
        );
      }
    }
    if (state.stalls < bounds.stalls) {
      const stalled = { ...state, stalls: state.stalls + 1 };
      if (state.deliveries.length > 0) {
        fault(
          () => "a heartbeat goes by",
          () => passed(stalled, state.now + BEAT_MS),
        );
      }
      fault(
        () => "an attempt's life goes by",
        () => passed({ ...stalled, lives: state.lives + 1 }, state.now + LIFE_MS),
      );
    }
    return steps;
  }

  async function start(): Promise<State> {
    let state: State = {
      now: startedAt,
      archive: noObjects,
      ledger: noObjects,
      messages: [],
      deliveries: [],
      endings: new Map(),
      late: [],
      restoredAt: undefined,
      restores: 0,
      crashedShards: [],
      fetches: 0,
      crashes: 0,
      duplicates: 0,
      stalls: 0,
      lives: 0,
      overlaps: 0,
    };
    for (const [key, bytes] of firstObjects(story)) {
      state = { ...state, ledger: withObject(state.ledger, storedObject(key, bytes, {}, startedAt)) };
    }
    state = sent(state, firstMessage(story), startedAt);
    if (story.begins === "manifest") return state;
    // Straight on until the shards are sent, and nobody is at work.
    const planned = () => state.deliveries.length === 0 && state.messages.some(({ id }) => id.startsWith("shard"));
    while (!planned()) {
      const first = from(state).find(({ fault }) => !fault);
      if (first === undefined) throw new Error("planning ended without shards");
      state = await first.take();
    }
    const early = (message: QueuedMessage) => story.reconcile === "early" || message.id.startsWith("shard");
    return { ...state, messages: state.messages.map((m) => (early(m) ? { ...m, visibleAt: state.now } : m)) };
  }

  return { start, from };
}

function objectsOf(story: Story, state: State, { where }: StoreRequest): Objects {
  return where === "source" ? sourceOf(story, state) : where === "archive" ? state.archive : state.ledger;
}

function stored(state: State, { where }: StoreRequest, objects: Objects): State {
  return where === "archive"
    ? { ...state, archive: objects }
    : where === "ledger"
      ? { ...state, ledger: objects }
      : state;
}

function messageOf(state: State, delivery: Delivery): QueuedMessage {
  return state.messages.find(({ id }) => id === delivery.message) as QueuedMessage;
}

function sent(state: State, body: string, visibleAt: number): State {
  const copies = state.messages.filter((message) => message.body === body).length;
  const id = `${messageName(body)}#${copies}`;
  return withMessage(state, { id, body, visibleAt, receives: 0, deleted: false });
}

function firstQuiet(
  state: State,
  story: Story,
): { readonly delivery: Delivery; readonly request: Request } | undefined {
  for (const delivery of state.deliveries) {
    const request = delivery.point.standing.pending.find((one) => isQuiet(state, one, story));
    if (request !== undefined) return { delivery, request };
  }
  return undefined;
}

/** Does it make no difference to anybody else when it takes effect, nor to its own process what others do before? */
function isQuiet(state: State, request: Request, story: Story): boolean {
  const { refused } = story;
  if (request.where === "source") return !isOfCold(story, state, request);
  if (request.where !== "ledger") return false;
  switch (request.kind) {
    case "get":
      // Written once, by one process, or never again with other bytes.
      return !request.key.includes("/report/") && state.ledger.byKey.has(request.key);
    case "list":
      // Nobody says anything to the run in these stories (invariants.ts holds them to it), but what its trial shows, while it lasts.
      return (
        request.prefix === `${ledgerPrefix}control/` &&
        (refused === undefined || state.ledger.byKey.has(ledgerPrefix + paths.firstArchived))
      );
    case "put":
      // A plan is nobody else's until run.json names it; report files but the summary are read by people.
      // A pulse is read by nobody here.
      return (
        request.key.startsWith(`${ledgerPrefix}plans/`) ||
        request.key.startsWith(`${ledgerPrefix}pulse/`) ||
        /\/report\/(results-|failures-|report\.html)/.test(request.key)
      );
    case "head":
    case "restore":
      return false;
  }
}
