/**
 * An embedded COS that a ledger is put into as it once lay there, and the doors of one version of the tool: its command line,
 * and a worker with a queue that waits for nothing. Knows of the tool only what it exports and what its commands print.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as Tool from "../../src/index.ts";
import { type Ended, type Started, start } from "../runtime/cli/built.ts";
import type { Golden } from "./golden.ts";
import { bytesOf, type KeptObject, keepBody } from "./kept-object.ts";

export const source = "photos-1250000000";
export const archive = "archive-1250000000";
export const region = "ap-guangzhou";

export const sourcePlace = { bucket: source, region, prefix: "" };
export const archivePlace = (state: string) => ({ bucket: archive, region, prefix: `${state}/` });
export const ledgerPlace = (state: string) => ({ bucket: archive, region, prefix: `${state}/.originals/` });

/**
 * Between the last object that was written and the moment at which a ledger is put back: nobody who worked then is taken for alive,
 * and a queue may still hide what it held (ages are by the store's clock, so they come with the objects).
 */
const hour = 3_600_000;

/** A delivery of a worker whose time is far. */
const long = 900_000;
/** More than these, and a run goes round in circles. */
const mostDeliveries = 500;

export interface Stage {
  readonly emulator: Tool.Emulator;
  readonly env: Readonly<Record<string, string>>;
  /**
   * Empties the archive below the state's prefix, and puts the golden's objects there: the newest `age` old (milliseconds; an hour
   * unless it is said), the others older by as much as they were.
   */
  load(golden: Golden, age?: number): void;
  empty(state: string): void;
  /** The archive's objects below a state's prefix. */
  keep(state: string): readonly KeptObject[];
  /** Fetches of originals since the last `load`, in order. */
  fetched(): readonly string[];
  /** Keys of the archive's objects that were read since the last `load`. */
  readKeys(): readonly string[];
  /** Whether the archive holds the source's bytes. */
  holds(state: string, key: string): boolean;
  start(args: readonly string[]): Started;
  run(args: readonly string[]): Promise<Ended>;
  worker(): Worker;
  close(): Promise<void>;
}

/** A worker of a queue, in this process. */
export interface Worker {
  readonly handle: Tool.HandleDelivery;
  /** What it sent and nobody worked yet, the oldest first. */
  readonly queue: string[];
  /** One delivery; what it sends lies in `queue`. `ms`: the time it has. */
  deliver(body: string, ms?: number): Promise<Tool.Answer>;
  /** Works `queue` until nothing is left. What is given back comes again at once, behind the others. */
  drain(): Promise<{ readonly rejected: readonly string[] }>;
  close(): Promise<void>;
}

export async function openStage(tool: typeof Tool, cli: string, originals: readonly KeptObject[]): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "originals-golden-"));
  let writingAt: number | undefined;
  const clock: Tool.Clock = { ...tool.systemClock, now: () => writingAt ?? tool.systemClock.now() };
  const credentials = { secretId: "AKIDtest", secretKey: "test-secret-key" };
  const emulator = await tool.startEmulator({
    dataDir: folder,
    credentials: [credentials],
    buckets: [{ name: source, protect: "all" }, { name: archive }],
    clock,
  });
  const env = {
    TENCENTCLOUD_SECRETID: credentials.secretId,
    TENCENTCLOUD_SECRETKEY: credentials.secretKey,
    ORIGINALS_ENDPOINT: emulator.url,
    ORIGINALS_SOURCE: `cos://${source}`,
    ORIGINALS_REGION: region,
  };
  const original = (key: string) => emulator.bucket(source).get(key)?.bytes ?? Buffer.alloc(0);
  const put = (bucket: string, { key, modified, headers, body }: KeptObject, later: number) => {
    writingAt = Date.parse(modified) + later;
    try {
      emulator.bucket(bucket).put(key, bytesOf(body, original), headers);
    } finally {
      writingAt = undefined;
    }
  };
  for (const object of originals) put(source, object, 0);

  let fetched: string[] = [];
  let readKeys: string[] = [];
  const listen = () => {
    fetched = [];
    readKeys = [];
    emulator.faults.clear();
    emulator.faults.use(({ operation, bucket, method, key }) => {
      if (operation === "object.original") fetched.push(key);
      if (bucket === archive && method === "GET" && key !== "") readKeys.push(key);
      return undefined;
    });
  };
  listen();
  const keysBelow = (state: string) =>
    emulator
      .bucket(archive)
      .keys()
      .filter((key) => key.startsWith(`${state}/`));
  const empty = (state: string) => {
    for (const key of keysBelow(state)) emulator.bucket(archive).delete(key);
  };

  return {
    emulator,
    env,
    empty,
    load({ state, objects }, age = hour) {
      listen();
      empty(state);
      const newest = Math.max(...objects.map(({ modified }) => Date.parse(modified)));
      for (const object of objects) put(archive, object, tool.systemClock.now() - age - newest);
    },
    keep: (state) =>
      keysBelow(state).map((key) => {
        const { object, bytes } = emulator.bucket(archive).get(key) ?? missing(key);
        const from = key.slice(state.length + 1);
        const sameAs = emulator.bucket(source).head(from) === undefined ? undefined : from;
        return {
          key,
          modified: new Date(object.modified).toISOString(),
          headers: object.headers,
          body: keepBody(key, bytes, sameAs),
        };
      }),
    fetched: () => fetched,
    readKeys: () => readKeys,
    holds: (state, key) => emulator.bucket(archive).get(`${state}/${key}`)?.bytes.equals(original(key)) ?? false,
    start: (args) => start(cli, args, env),
    run: (args) => start(cli, args, env).ended,
    worker: () => openWorker(tool, env),
    async close() {
      await emulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function openWorker(tool: typeof Tool, environment: Readonly<Record<string, string>>): Worker {
  const clock = tool.systemClock;
  const surroundings = tool.surroundingsFromSettings(tool.readSettings({ environment }), {
    environment,
    clock,
    random: Math.random,
    log: tool.silentLog,
  });
  const handle = tool.createDeliveryHandler(surroundings);
  const queue: string[] = [];
  const sender: Tool.Sender = { send: async (body) => void queue.push(body) };
  // The tool may be one of a version whose clocks did not have it, and whose deadlines are since the epoch: systemClock's are both.
  const elapsed = tool.systemClock.elapsed ?? tool.systemClock.now;
  const deliver: Worker["deliver"] = (body, ms = long) => handle({ body, deadline: elapsed() + ms }, sender);
  return {
    handle,
    queue,
    deliver,
    async drain() {
      const rejected: string[] = [];
      for (let n = 0; n < mostDeliveries; n++) {
        const body = queue.shift();
        if (body === undefined) return { rejected };
        const answer = await deliver(body);
        if (answer.kind === "give-back") queue.push(body);
        if (answer.kind === "reject" || answer.kind === "refuse") rejected.push(answer.reason);
      }
      throw new Error(`${mostDeliveries} messages were delivered, and there are ${queue.length} more: ${queue[0]}`);
    },
    close: () => surroundings.close(),
  };
}

function missing(key: string): never {
  throw new Error(`${key} is listed and not there`);
}
