/**
 * The whole system under one seed: queue, workers, store and clock, with whatever may go wrong, until the weather clears;
 * then it must come to rest, and every invariant of the design must hold (invariants.ts).
 */
import { type ControlKind, parseControl } from "../../src/ledger/layout.ts";
import type { ListedObject } from "../../src/objects/bucket.ts";
import {
  ChangeMessageVisibilityCommand,
  createMemoryQueues,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "../../src/queue/index.ts";
import { parseSummary } from "../../src/report/summary.ts";
import { deliver } from "../../src/run/deliver/deliver.ts";
import { createDeliveryHandler } from "../../src/run/deliver/handle-delivery.ts";
import type { HandleDelivery, Sender } from "../../src/run/messages/delivery.ts";
import type { Place } from "../../src/run/messages/messages.ts";
import { cancelRun, reconcileMessage, resumeRun } from "../../src/run/reconcile/cancel-resume.ts";
import type { Role, Surroundings } from "../../src/run/surroundings/surroundings.ts";
import { anonymousWorker } from "../run/anonymous-worker.ts";
import { createMemoryBucket, type MemoryBucket } from "../stores/memory-bucket.ts";
import { acknowledgedTooEarly } from "./acknowledged.ts";
import { type CapWatch, cappedScenario, createReceiver, hook, prices, watchCap } from "./caps.ts";
import { calm, faultyBucket, type Observed, type Weather } from "./faulty-bucket.ts";
import { olderBucket } from "./older-bucket.ts";
import { type Asking, frozenScenario, historyScenario, type Scenario, scenarioOf } from "./scenario.ts";
import { noTroubles, type Older, olderAt, type Troubles, troubledScenario, troubleOf, troublesOf } from "./troubles.ts";
import { createWitness, type Happening, type Listening, listenTo, type Who } from "./witness.ts";
import { createProcess, createWorld, type Process, seededRandom, type World } from "./world.ts";

export const RUN = "simulated";
export const region = "ap-guangzhou";
export const sourcePlace: Place = { bucket: "source-1250000000", region, prefix: "" };
export const archivePlace: Place = { bucket: "archive-1250000000", region, prefix: "" };
export const ledgerPlace: Place = { bucket: "ledger-1250000000", region, prefix: "" };

const HOUR = 3_600_000;

interface Worker {
  readonly process: Process;
  readonly who: Who;
  readonly listening: Listening;
  /** Of an earlier version, as long as this process lives. */
  readonly older: Older | undefined;
}

/** What a story is about: rows that are given, or listed, in all weathers; or refusals, and workers unlike each other; or originals in archive classes; or much that is replaced, and copied first; or a cap by money, and others that are told. */
export type About = Asking | "refusals" | "restores" | "history" | "caps";

export interface Story {
  readonly scenario: Scenario;
  readonly troubles: Troubles;
  readonly happenings: readonly Happening[];
  /** When it began, ms since the epoch. */
  readonly start: number;
  readonly source: MemoryBucket;
  readonly archive: MemoryBucket;
  readonly ledger: MemoryBucket;
  /** Every version of each source key that ever was. */
  readonly versions: ReadonlyMap<string, readonly Buffer[]>;
  readonly atRest: boolean;
  readonly fetches: number;
  /** Keys that were fetched at least once. */
  readonly fetched: ReadonlySet<string>;
  readonly failedTries: number;
  /** Tries that failed because everybody's, or this worker's, are refused. */
  readonly refusedFetches: number;
  readonly crashes: number;
  /** Deliveries of a shard that began while another of the same shard was under way, and that every LIST shows. */
  readonly overlaps: number;
  /** The same while LISTs lagged, or so shortly after the other that it may not have been seen to end. */
  readonly hiddenOverlaps: number;
  /** Fetches that began later than a heartbeat after a cancel was written, and before it was taken back. */
  readonly lateFetches: readonly string[];
  /** What broke the rule that nothing is acknowledged before its outcomes are durable. */
  readonly badAcknowledgements: readonly string[];
  /** Fetches that delivering every message once more, at rest, caused. */
  readonly fetchesAfterRest: number;
  /** Names of the archive's and ledger's report objects before and after that. */
  readonly changedAfterRest: readonly string[];
  /** Of a run with a cap. */
  readonly money: CapWatch | undefined;
  /** Keys that others were told of, and how often. */
  readonly told: ReadonlyMap<string, number>;
  readonly virtualHours: number;
}

export async function simulate(seed: number, about: About = "keys"): Promise<Story> {
  const world = createWorld(seed);
  const asking = about === "listing" || about === "history" ? "listing" : "keys";
  const usual = scenarioOf(world.random, asking);
  // By a chance of its own, so that the other stories stay what they are.
  const random = seededRandom(seed ^ 0x5eed);
  const isTroubled = about === "refusals";
  const scenario = isTroubled
    ? troubledScenario(random, usual)
    : about === "restores"
      ? frozenScenario(random, usual)
      : about === "history"
        ? historyScenario(random, usual)
        : about === "caps"
          ? cappedScenario(random, usual)
          : usual;
  const troubles = isTroubled ? troublesOf(random, scenario) : noTroubles;
  const weather: Weather = { ...scenario.weather };
  const source = createMemoryBucket({ clock: world.clock, name: sourcePlace.bucket, region });
  const archive = createMemoryBucket({ clock: world.clock, name: archivePlace.bucket, region });
  const ledger = createMemoryBucket({ clock: world.clock, name: ledgerPlace.bucket, region });
  ledger.switches.everVersioned = scenario.versionedLedger;
  Object.assign(source.switches.originalBrings, scenario.brings);
  source.switches.restoreMs = scenario.frozen?.restoreMs ?? 0;
  const cores: Readonly<Record<string, MemoryBucket>> = {
    [source.name]: source,
    [archive.name]: archive,
    [ledger.name]: ledger,
  };
  const versions = new Map<string, Buffer[]>();
  const headers = { "content-type": "image/jpeg", "x-cos-meta-owner": "someone" };
  /** What a LIST said of a source key that was replaced. */
  const listedBefore = new Map<string, ListedObject>();
  const seedSource = (key: string, bytes: Buffer, lastModified = world.now()) => {
    const there = source.object(key);
    if (there !== undefined) listedBefore.set(key, { ...there, size: there.bytes.length });
    const storageClass = scenario.frozen?.classes.get(key);
    const its = storageClass === undefined ? headers : { ...headers, "x-cos-storage-class": storageClass };
    source.seed(key, bytes, { headers: its, lastModified });
    versions.set(key, [...(versions.get(key) ?? []), bytes]);
  };
  const before = world.now() - 24 * HOUR;
  for (const [key, bytes] of scenario.objects) seedSource(key, bytes, before);
  for (const { key, bytes, laterMs } of scenario.copies) {
    archive.seed(key, bytes, { headers, lastModified: before + laterMs });
  }

  const queues = createMemoryQueues({ clock: world.clock, random: world.random });
  const deadLetters = queues.createQueue("dead");
  const { Attributes } = await queues.GetQueueAttributes({ QueueUrl: deadLetters, AttributeNames: ["QueueArn"] }, {});
  const queueUrl = queues.createQueue("work", {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: scenario.maxReceives }),
  });
  const client = new SQSClient({ transport: queues });

  let fetches = 0;
  const fetched = new Set<string>();
  let failedTries = 0;
  let refusedFetches = 0;
  let crashes = 0;
  let overlaps = 0;
  let hiddenOverlaps = 0;
  let stoppedAt: number | undefined;
  const underWay = new Map<string, number>();
  const leftAt = new Map<string, number>();
  const lateFetches: string[] = [];
  const badAcknowledgements: string[] = [];
  const sentBodies = new Set<string>();
  let stormy = true;
  const start = world.now();
  const money = scenario.cap && watchCap(source, ledger);
  const receiver = createReceiver(random);
  const witness = createWitness(ledger, scenario.options.maxFailures !== undefined);
  let stopped: ControlKind = "resume";
  const wrote = (who: Who, key: string) => {
    witness.wrote(who, world.now(), key);
    const control = parseControl(key);
    if (control === undefined) return;
    stopped = control.kind;
    stoppedAt = stopped === "resume" ? undefined : (stoppedAt ?? world.now());
  };

  const surroundings = ({ process, who, listening, older }: Worker): Surroundings => {
    const seen: Observed = {
      onFetch(key) {
        fetches++;
        money?.fetched(key);
        if (isTroubled && source.object(key) !== undefined)
          witness.saw({ ...who, at: world.now(), kind: "fetch", key });
        fetched.add(key);
        if (stoppedAt !== undefined && world.now() > stoppedAt + 10_000 + weather.listLagMs) {
          lateFetches.push(`${key} ${world.now() - stoppedAt} ms after the cancel`);
        }
      },
      onFailedTry() {
        failedTries++;
      },
      onRefusedFetch() {
        refusedFetches++;
      },
      refusedBy(by, key) {
        const how = troubleOf(troubles, by, who.worker, world.now() - start)?.how;
        if (how !== undefined) witness.saw({ ...who, at: world.now(), kind: "refused", by, key });
        return how;
      },
      onDone(side, kind, key) {
        // Heartbeats go on whatever waits.
        if (side !== "ledger" || kind === "get") listening.does();
        if (kind === "head" && isTroubled && side !== "ledger") {
          witness.saw({ ...who, at: world.now(), kind: "headed", by: `${side}.head` });
        }
        if (kind !== "put") return;
        if (side === "ledger") wrote(who, key);
        else if (isTroubled) witness.saw({ ...who, at: world.now(), kind: "archived", key });
      },
      listedBefore: (bucket: string, key: string) => (bucket === source.name ? listedBefore.get(key) : undefined),
      // A chunked reply streams until a HEAD has told its length.
      isLarge: (key: string) => !scenario.brings.contentLength || (versions.get(key)?.[0]?.length ?? 0) > 1024 * 1024,
    };
    const opened = new Map<string, ReturnType<typeof faultyBucket>>();
    const openedFor = (bucket: string) => {
      const side = bucket === source.name ? "source" : bucket === archive.name ? "archive" : "ledger";
      const faulty = faultyBucket(side, cores[bucket] as MemoryBucket, { process, world, weather, seen });
      return side === "ledger" && older !== undefined ? olderBucket(faulty, older.lacks) : faulty;
    };
    return {
      clock: process.clock,
      random: world.random,
      log: listening.log,
      settings: {
        concurrency: scenario.concurrency,
        maxInstances: troubles.maxInstances,
        ...(scenario.cap === undefined ? {} : { prices, allowTargets: [{ role: "events", text: hook, is: "exact" }] }),
      },
      openSink: receiver.openSinkOf(process, () => (stormy ? (scenario.cap?.refusedEvents ?? 0) : 0)),
      worker: anonymousWorker,
      open(_role: Role, { bucket }) {
        const known = opened.get(bucket) ?? openedFor(bucket);
        opened.set(bucket, known);
        return known;
      },
    };
  };

  const senderOf = (process: Process): Sender => ({
    async send(body, delaySeconds = 0) {
      sentBodies.add(body);
      const DelaySeconds = Math.min(900, Math.max(0, Math.round(delaySeconds)));
      await process.effect(10, async () => {
        await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, DelaySeconds }));
        if (stormy && world.random() < scenario.duplicates) {
          const late = Math.round(world.random() * 900);
          await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body, DelaySeconds: late }));
        }
      });
    },
  });

  /** One invocation of a function: one message, worked within a time limit, by a process that may die at any await. */
  async function invocation(
    { process, who, listening, older }: Worker,
    handle: HandleDelivery,
  ): Promise<"goes on" | "stops"> {
    const received = await process.effect(10, () =>
      client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          WaitTimeSeconds: 20,
          VisibilityTimeout: scenario.visibilitySeconds,
        }),
      ),
    );
    const message: Message | undefined = received.Messages?.[0];
    if (message?.Body === undefined) return "goes on";
    const { Body: body, ReceiptHandle } = message;
    const isTooOld = older?.lacks === "need";
    // To who is too old, the message that asks for such a run is of a later version as well.
    const asRead = isTooOld ? body.replace('"v":1,"type":"manifest"', '"v":2,"type":"manifest"') : body;
    const name = shardOf(body);
    if (name !== undefined) {
      // As far as a lagging LIST shows, what ended a moment ago goes on.
      const justEnded = world.now() - (leftAt.get(name) ?? Number.NEGATIVE_INFINITY) <= 2 * weather.listLagMs;
      if (weather.listLagMs > 0 && ((underWay.get(name) ?? 0) > 0 || justEnded)) hiddenOverlaps++;
      else if ((underWay.get(name) ?? 0) > 0) overlaps++;
      underWay.set(name, (underWay.get(name) ?? 0) + 1);
    }
    let here = true;
    const leave = () => {
      if (name === undefined || !here) return;
      here = false;
      underWay.set(name, (underWay.get(name) ?? 1) - 1);
      leftAt.set(name, world.now());
    };
    process.died.then(leave);
    const forget = world.after(scenario.limitMs, process.kill);
    const deadline = process.clock.elapsed() + scenario.limitMs - 5_000;
    listening.begins();
    const parts = { clock: process.clock, log: listening.log };
    const answer = await deliver(handle, { body: asRead, deadline }, senderOf(process), parts);
    listening.ends();
    forget();
    if (isTooOld) witness.saw({ ...who, at: world.now(), kind: "too new", answer: answer.kind });
    if (answer.kind === "acknowledge") {
      const wrong = acknowledgedTooEarly(body, `runs/${RUN}/`, ledger, sentBodies);
      if (wrong !== undefined) badAcknowledgements.push(wrong);
      await process.effect(10, () => client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle })));
    } else if (answer.kind === "give-back") {
      // A ledger that could not be written ends an attempt as a crash does: what it had in flight is in doubt.
      if (answer.reason.includes("the network said")) crashes++;
      const VisibilityTimeout = Math.round(answer.delaySeconds);
      await process.effect(10, () =>
        client
          .send(new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout }))
          .catch(() => undefined),
      );
    } else if (answer.kind === "reject" || answer.kind === "refuse") {
      witness.saw({ ...who, at: world.now(), kind: answer.kind, reason: answer.reason });
      await process.effect(10, () =>
        client
          .send(new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 60 }))
          .catch(() => undefined),
      );
    }
    leave();
    return answer.kind === "refuse" && answer.reason.startsWith("this worker is refused") ? "stops" : "goes on";
  }

  const isEmpty = async (): Promise<boolean> => {
    const AttributeNames = [
      "ApproximateNumberOfMessages",
      "ApproximateNumberOfMessagesNotVisible",
      "ApproximateNumberOfMessagesDelayed",
    ] as const;
    const told = await queues.GetQueueAttributes({ QueueUrl: queueUrl, AttributeNames: [...AttributeNames] }, {});
    return AttributeNames.every((name) => told.Attributes?.[name] === "0");
  };

  let ended = false;
  async function slot(n: number): Promise<void> {
    for (let life = 0; !ended; life++) {
      const skew = Math.round((world.random() - 0.5) * scenario.skewMs);
      const process = createProcess(world, `worker ${n}.${life}`, skew);
      if (stormy && world.random() < scenario.crash) process.crashIn(1 + Math.floor(world.random() ** 2 * 120));
      const who = { process: process.name, worker: n };
      const told = (ms: number) => witness.saw({ ...who, at: world.now(), kind: "silence", ms });
      const older = olderAt(troubles, n, world.now() - start);
      const worker: Worker = { process, who, listening: listenTo(world.now, told), older };
      const handle = createDeliveryHandler(surroundings(worker));
      let dead = false;
      let stopped = false;
      process.died.then(() => {
        dead = true;
      });
      while (!ended && !dead && !stopped) {
        stopped = (await Promise.race([invocation(worker, handle), process.died])) === "stops";
        if (world.random() < 0.2) break;
      }
      if (dead) crashes++;
      // Somebody looks after it.
      if (stopped) await world.clock.sleep(60_000 + world.random() * 600_000);
      await world.clock.sleep(1_000 + world.random() * 5_000);
    }
  }

  const outside = createProcess(world, "outside", 0);
  const person = { process: outside.name, worker: undefined };
  const operator: Surroundings = {
    ...surroundings({
      process: outside,
      who: person,
      listening: listenTo(world.now, () => undefined),
      older: undefined,
    }),
    open(_: Role, { bucket }) {
      const core = cores[bucket] as MemoryBucket;
      return {
        ...core,
        async put(key, body, options) {
          const reply = await core.put(key, body, options);
          wrote(person, key);
          return reply;
        },
      };
    },
  };
  const manifest = JSON.stringify({
    v: 1,
    type: "manifest",
    run: RUN,
    source: sourcePlace,
    archive: archivePlace,
    ledger: ledgerPlace,
    // A listing of nothing is refused unless it is expected.
    ...(asking === "listing" ? { prefix: "", minRows: Math.min(1, scenario.objects.size) } : { keys: scenario.rows }),
    options: scenario.options,
  });
  sentBodies.add(manifest);
  for (let copy = 0; copy < scenario.planners; copy++) {
    await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: manifest }));
  }

  world.after(scenario.stormMs, () => {
    stormy = false;
    Object.assign(weather, calm);
  });
  for (const { at, key, bytes } of scenario.replacements) world.after(at, () => seedSource(key, bytes));
  if (scenario.cancelAt !== undefined) {
    world.after(scenario.cancelAt, async () => {
      await cancelRun(ledgerPlace, RUN, operator, "the operator").catch(() => undefined);
    });
    world.after(scenario.cancelAt + scenario.cancelledMs, async () => {
      await resumeRun(ledgerPlace, RUN, operator, senderOf(outside)).catch(() => undefined);
    });
  }
  let impatience = troubles.impatience;
  const lookAfter = async () => {
    const isCaused = troubles.refusals.some(({ from, until }) => {
      const at = world.now() - start;
      return at >= from && at < until;
    });
    if (stopped === "halt" && (!isCaused || impatience-- > 0)) {
      await resumeRun(ledgerPlace, RUN, operator, senderOf(outside)).catch(() => undefined);
    }
    world.after(troubles.looksEveryMs, lookAfter);
  };
  if (Number.isFinite(troubles.looksEveryMs)) world.after(troubles.looksEveryMs, lookAfter);
  let { maxCost = 0 } = scenario.options;
  const giveMore = async (cap: NonNullable<Scenario["cap"]>) => {
    if (stopped === "halt") {
      money?.look(maxCost, "when it was halted");
      const more = maxCost + cap.moreEachTime;
      await resumeRun(ledgerPlace, RUN, operator, senderOf(outside), { maxCost: more }).then(
        () => {
          maxCost = more;
        },
        () => undefined,
      );
    }
    world.after(cap.looksEveryMs, () => giveMore(cap));
  };
  const { cap } = scenario;
  if (cap !== undefined) world.after(cap.looksEveryMs, () => giveMore(cap));
  const goOn = scenario.cancelAt === undefined ? 0 : scenario.cancelAt + scenario.cancelledMs;
  // Should every message of it ever be lost, the nightly schedule finds an unfinished run. The very first may have become a dead
  // letter before anything was written (it was never acknowledged before that: I6): then no ledger knows of the run, and only
  // whoever asked for it can ask again, as a schedule does by itself the next night.
  const nightly = () => {
    const isAsked = ledger.object(`runs/${RUN}/request.json`) !== undefined;
    senderOf(outside).send(isAsked ? reconcileMessage(ledgerPlace, RUN) : manifest);
    world.after(6 * HOUR, nightly);
  };
  world.after(6 * HOUR, nightly);

  const slots = Array.from({ length: scenario.workers }, (_, n) => slot(n));
  const complete = () =>
    ledger.object(`runs/${RUN}/report/summary.json`)?.bytes.includes('"state": "complete"') === true;
  const atRest = await world.run(() => complete() && world.now() - start > goOn, 24 * HOUR);
  const virtualHours = (world.now() - start) / HOUR;

  // A run is complete once its rows are over, whoever else may be at work on them: what was delivered before that is no second
  // delivery of a run at rest. Whatever it still fetches counts for I5.
  if (atRest) await world.run(() => [...underWay.values()].every((deliveries) => deliveries === 0), 2 * HOUR);

  // What nobody took, nightly schedules tell later.
  if (atRest && scenario.options.events !== undefined) {
    const { archived } = summaryOf(ledger);
    await world.run(() => receiver.told.size >= archived, 72 * HOUR);
  }
  money?.look(maxCost, "at its end");

  // I4: everything is delivered once more.
  stormy = false;
  Object.assign(weather, calm);
  const fetchesAtRest = fetches;
  const fingerprint = () => new Map(archive.keys().map((key) => [key, archive.object(key)?.bytes.toString("base64")]));
  const was = fingerprint();
  if (atRest) {
    for (const body of sentBodies) await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    // Until nobody holds or waits for any of them; what polls an empty queue for longer does nothing else.
    const until = world.now() + 2 * HOUR;
    while (world.now() < until && !(await isEmpty())) {
      const next = world.now() + HOUR / 30;
      await world.run(() => world.now() >= next, HOUR);
    }
  }
  ended = true;
  const changedAfterRest = [...fingerprint()].filter(([key, object]) => was.get(key) !== object).map(([key]) => key);
  void slots;
  return {
    scenario,
    troubles,
    happenings: witness.happenings,
    start,
    source,
    archive,
    ledger,
    versions,
    atRest,
    fetches: fetchesAtRest,
    fetched,
    failedTries,
    refusedFetches,
    crashes,
    overlaps,
    hiddenOverlaps,
    lateFetches,
    badAcknowledgements,
    fetchesAfterRest: fetches - fetchesAtRest,
    changedAfterRest,
    money,
    told: receiver.told,
    virtualHours,
  };
}

const summaryOf = (ledger: MemoryBucket): { readonly archived: number } =>
  parseSummary(JSON.parse(ledger.object(`runs/${RUN}/report/summary.json`)?.bytes.toString() ?? "{}"));

/** The shard that a message's delivery may work on. A manifest message's is the first. */
function shardOf(body: string): string | undefined {
  const message: { type?: string; shard?: number } = JSON.parse(body);
  return message.type === "manifest" ? "0" : message.type === "shard" ? String(message.shard) : undefined;
}

export type { World };
