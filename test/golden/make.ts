/** Run by make.mjs. Everything that is written here is written by the code of the checkout; this only tells it what to do, and when to die. */
import { readFileSync, readlinkSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Tool from "../../src/index.ts";
import { files, type Golden, type KeptMessage, type State, stateNames } from "./golden.ts";
import { type KeptObject, toLines } from "./kept-object.ts";
import { begin, end, read, redrive } from "./says.ts";
import { archive, archivePlace, openStage, region, type Stage, source, sourcePlace, type Worker } from "./stage.ts";

const [checkout = "", out = "", ...only] = process.argv.slice(2);
const tool = (await import(pathToFileURL(join(checkout, "dist/index.js")).href)) as typeof Tool;
const cli = join(checkout, "dist/cli.js");

/** Rows a shard: 28 rows are 7 shards. */
const shardSize = 4;
const numbered = Array.from({ length: 26 }, (_, n) => {
  const odd = ["夏天 +%20", "a+b&c=d", "100% sure?", "#hash;"][n - 4] ?? "plain";
  return `photos/${String(n).padStart(2, "0")} ${odd}.png`;
});
const key = (n: number): string => numbered[n] ?? "";
const gone = (n: number) => `photos/gone ${n}.png`;
const csv = (keys: readonly string[]) => `Key\n${keys.map((one) => `${one}\n`).join("")}`;
/** One key is not there, and one is there twice. */
const keysCsv = csv([...numbered, gone(0), key(0)]);
/** Eight in the middle are not there. */
const holeyCsv = csv([
  ...numbered.slice(0, 12),
  ...Array.from({ length: 8 }, (_, n) => gone(n)),
  ...numbered.slice(12, 20),
]);

const kept = (name: string, text: string): KeptObject => ({
  key: name,
  modified: "2026-11-01T00:00:00.000Z",
  headers: {
    "content-type": name.endsWith(".png") ? "image/png" : "text/csv",
    "x-cos-meta-of": encodeURIComponent(name),
  },
  body: { text },
});
const originals = [
  ...numbered.map((name) => kept(name, `the original of ${name}`)),
  kept("lists/keys.csv", keysCsv),
  kept("lists/holey.csv", holeyCsv),
];

const stage = await openStage(tool, cli, originals);
const messages: KeptMessage[] = [];

const runArgs = (state: State, list: string, ...more: string[]) => [
  ...["run", "--run", state, "--archive", `cos://${archive}/${state}/`, "--manifest", `cos://${source}/lists/${list}`],
  ...["--shard-size", String(shardSize), "--json", ...more],
];
const manifestMessage = (state: string, rows: object, options: object = {}) => ({
  v: 1,
  type: "manifest",
  run: state,
  source: sourcePlace,
  archive: archivePlace(state),
  ...rows,
  options: { shardSize, ...options },
});
const byReference = { manifest: { bucket: source, region, key: "lists/keys.csv", format: "csv" } };

const make: Readonly<Record<State, () => Promise<void>>> = {
  async complete() {
    await expectCode(3, stage.run(runArgs("complete", "keys.csv")));
  },

  // The fetch of row 9 takes long, and shard 3 never gets its answers, nor the others their turn. So shard 2 writes what it has; then
  // row 9 is archived, and the process dies before it can say so.
  async halfway() {
    const late = key(9);
    const child = stage.start(runArgs("halfway", "keys.csv", "--concurrency", "16"));
    stage.emulator.faults.use((request) => {
      if (request.operation === "object.original" && request.key === late) return { kind: "delay", ms: 2_500 };
      const row = numbered.indexOf(request.key);
      if (request.operation === "object.original" && row >= 12 && row < 16) return { kind: "hang" };
      if (request.method === "PUT" && /outcomes\/00000000[4-9]\//.test(request.key)) return { kind: "hang" };
      // The next segment, or the end: what comes after the PUT of row 9.
      if (request.method === "PUT" && /outcomes\/000000002\/.*-(00002\.jsonl\.gz|end)$/.test(request.key)) {
        child.kill("SIGKILL");
        return { kind: "hang" };
      }
      return undefined;
    });
    await expectKilled(child.ended);
  },

  async halted() {
    stage.emulator.faults.use(({ operation }) =>
      operation === "object.original" ? { kind: "delay", ms: 200 } : undefined,
    );
    const args = runArgs("halted", "holey.csv", "--max-failures", "3", "--concurrency", "2");
    await expectCode(4, stage.run(args));
  },

  async cancelled() {
    await withWorker(async (worker) => {
      const [reconcile = "", ...shards] = await submit(worker, "cancelled");
      for (const body of shards.splice(0, 3)) await acknowledged(worker, body);
      worker.queue.push(...shards, reconcile);
      await expectCode(0, stage.run(["cancel", "cancelled", "--archive", `cos://${archive}/cancelled/`]));
      // Its report is written once everybody must have heard of it, by the store's clock.
      while (worker.queue.length > 0) {
        await acknowledged(worker, worker.queue.shift());
        if (worker.queue.length === 1) await tool.systemClock.sleep(2_000);
      }
    });
  },

  async planning() {
    await withWorker(async (worker) => {
      await acknowledged(worker, JSON.stringify(manifestMessage("planning", byReference)));
      for (let slices = 0; slices < 2; slices++) await acknowledged(worker, worker.queue.shift(), 0);
    });
  },

  async listing() {
    await withWorker(async (worker) => {
      await acknowledged(worker, JSON.stringify(manifestMessage("listing", { prefix: "photos/" })));
      await acknowledged(worker, worker.queue.shift(), 0);
    });
  },

  async finalizing() {
    await withWorker(async (worker) => {
      const [reconcile = "", ...shards] = await submit(worker, "finalizing");
      for (const body of shards) await acknowledged(worker, body);
      await acknowledged(worker, reconcile, 0);
    });
  },

  async reporting() {
    const child = stage.start(runArgs("reporting", "keys.csv"));
    stage.emulator.faults.use((request) => {
      if (request.method !== "PUT" || !request.key.endsWith("/report/summary.json")) return undefined;
      child.kill("SIGKILL");
      return { kind: "hang" };
    });
    await expectKilled(child.ended);
  },

  async queued() {
    await withWorker(async (worker) => {
      const [reconcile = "", ...shards] = await submit(worker, "queued");
      const [over = "", handedOver = "", ...rest] = shards;
      await acknowledged(worker, over);
      // Its time is over as soon as it begins: one row is done, whatever the time.
      await acknowledged(worker, handedOver, 0);
      const [next = ""] = worker.queue.splice(0);
      messages.push(
        ...rest.map((body, n) => ({ name: `shard ${n + 2}`, body })),
        { name: "shard 1, handed over", body: next },
        { name: "shard 1, a late copy", body: handedOver },
        { name: "shard 0, which is over", body: over },
        {
          name: "shard 0 of a plan that lost",
          body: JSON.stringify({ ...JSON.parse(over), plan: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
        },
        { name: "reconcile", body: reconcile },
        ...asked(),
        await ofTimer(),
        await ofStoredManifest(),
        await deadLetter(rest[0] ?? ""),
      );
    });
  },
};

/** What users and other systems send. */
function asked(): readonly KeptMessage[] {
  const named: readonly (readonly [string, object])[] = [
    ["manifest by reference", manifestMessage("by-reference", byReference)],
    [
      "manifest inline, of one shard",
      manifestMessage("inline", { keys: [key(1), { key: key(2), size: 35 }, gone(0)] }),
    ],
    ["manifest inline, of several shards", manifestMessage("inline-many", { keys: numbered.slice(0, 10) })],
    ["manifest by prefix", manifestMessage("by-prefix", { prefix: "photos/0" })],
  ];
  return named.map(([name, message]) => ({ name, body: JSON.stringify(message) }));
}

/** What the function of a timer or of a stored manifest sends to its queue. */
async function sentByFunction(event: unknown, state: string, more: Record<string, string>): Promise<string> {
  const environment = {
    ...stage.env,
    ORIGINALS_ARCHIVE: `cos://${archive}/${state}/`,
    ORIGINALS_SHARD_SIZE: "4",
    ...more,
  };
  const { sent, client } = listeningQueue();
  const handler = tool.createScfHandler({
    worker: () => ({
      settings: tool.readSettings({ environment }),
      handle: () => Promise.reject(new Error("not asked")),
    }),
    openQueue: () => ({ kind: "sqs", client, queueUrl }) as never,
    clock: tool.systemClock,
    random: Math.random,
    log: tool.silentLog,
  });
  await handler(event, { time_limit_in_ms: 60_000 });
  return sent[0]?.MessageBody ?? "";
}

async function ofTimer(): Promise<KeptMessage> {
  const event = { Type: "Timer", TriggerName: "nightly", Time: "2026-11-22T02:00:00Z", Message: "list" };
  const body = await sentByFunction(event, "nightly", { ORIGINALS_MANIFEST: `cos://${source}/lists/keys.csv` });
  return { name: "manifest of a timer", body };
}

async function ofStoredManifest(): Promise<KeptMessage> {
  const [name = "", appid = ""] = source.split(/-(?=\d+$)/);
  const cosObject = {
    key: `/${appid}/${name}/lists/keys.csv`,
    url: `http://${source}.cos.${region}.myqcloud.com/lists/keys.csv`,
  };
  const event = {
    Records: [{ cos: { cosObject, cosBucket: { name, appid } }, event: { eventName: "cos:ObjectCreated:Put" } }],
  };
  return { name: "manifest that was stored", body: await sentByFunction(event, "stored", {}) };
}

/** A shard message that came while there was no run.json, and was rejected for it. */
async function deadLetter(body: string): Promise<KeptMessage> {
  const bucket = stage.emulator.bucket(archive);
  const runJson = "queued/.originals/runs/queued/run.json";
  const there = bucket.get(runJson);
  bucket.delete(runJson);
  const { sent, client } = listeningQueue();
  const settings = tool.readSettings({ environment: { ...stage.env, ORIGINALS_DEAD_LETTER_QUEUE: "sqs:dead" } });
  const worker = stage.worker();
  const handler = tool.createLambdaHandler({
    worker: () => ({ settings, handle: worker.handle }),
    queue: client,
    environment: {},
    clock: tool.systemClock,
    random: Math.random,
    log: tool.silentLog,
  });
  const eventSourceARN = "arn:aws:sqs:us-east-1:123456789012:originals";
  const record = { messageId: "m-1", body, receiptHandle: "r", eventSource: "aws:sqs", eventSourceARN };
  await handler({ Records: [record] }, { getRemainingTimeInMillis: () => 60_000 });
  await worker.close();
  bucket.put(runJson, there?.bytes ?? Buffer.alloc(0), there?.object.headers);
  const [letter] = sent;
  const attributes = Object.fromEntries(
    Object.entries(letter?.MessageAttributes ?? {}).map(([name, { StringValue = "" }]) => [name, StringValue]),
  );
  return { name: "dead letter", body: letter?.MessageBody ?? "", attributes };
}

const queueUrl = "https://sqs.us-east-1.amazonaws.com/123456789012/originals";
interface SentMessage {
  readonly MessageBody?: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly StringValue?: string }>>;
}

function listeningQueue() {
  const sent: SentMessage[] = [];
  const client = {
    async send({ input }: { readonly input: SentMessage }) {
      if (input.MessageBody !== undefined) sent.push(input);
      return {};
    },
    destroy: () => undefined,
  };
  return { sent, client: client as never };
}

async function withWorker(work: (worker: Worker) => Promise<void>): Promise<void> {
  const worker = stage.worker();
  try {
    await work(worker);
  } finally {
    await worker.close();
  }
}

/** Asks for the run and plans it. Resolves with its reconcile message, then those of its shards; none is worked. */
async function submit(worker: Worker, state: State): Promise<readonly string[]> {
  await acknowledged(worker, JSON.stringify(manifestMessage(state, byReference)));
  const reconcile = worker.queue.shift();
  await acknowledged(worker, reconcile);
  const sent = worker.queue.splice(0);
  return [reconcile ?? "", ...sent.filter((body) => JSON.parse(body).type === "shard")];
}

async function acknowledged(worker: Worker, body: string | undefined, ms?: number): Promise<void> {
  const answer = await worker.deliver(body ?? "", ms);
  if (answer.kind !== "acknowledge") throw new Error(`${body} was answered ${JSON.stringify(answer)}`);
}

async function expectCode(code: number, command: ReturnType<Stage["run"]>): Promise<void> {
  const ended = await command;
  if (ended.code !== code) throw new Error(`it ended with ${ended.code}: ${ended.stdout}${ended.stderr}`);
}

async function expectKilled(command: ReturnType<Stage["run"]>): Promise<void> {
  const { signal, code, stdout, stderr } = await command;
  if (signal !== "SIGKILL") throw new Error(`it was not killed, but ended with ${code}: ${stdout}${stderr}`);
}

/** Open markers name the machine; another's name does as well, for the machine of a golden file is gone. */
function withoutMachine(object: KeptObject): KeptObject {
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  const told = `${hostname()} ${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  if (!("text" in object.body)) return object;
  const text = object.body.text.replaceAll(told, "a-machine 00000000-0000-0000-0000-000000000000 pid:[4026531836]");
  return { ...object, body: { text } };
}

const write = (name: string, text: string) => writeFile(join(out, name), text);

const made: Golden[] = [];
await mkdir(out, { recursive: true });
await write(files.source, toLines(originals));
for (const state of stateNames.filter((one) => only.length === 0 || only.includes(one))) {
  stage.emulator.faults.clear();
  stage.empty(state);
  await make[state]();
  const golden: Golden = { state, objects: stage.keep(state).map(withoutMachine) };
  await mkdir(join(out, state), { recursive: true });
  await write(join(state, files.objects), toLines(golden.objects));
  made.push(golden);
}
// What it says of a run in its first minute is another thing than what it says later.
await tool.systemClock.sleep(61_000);
for (const golden of made) {
  const { state } = golden;
  const says = {
    read: await read(stage, golden),
    ...(state === "complete" ? {} : { end: await end(stage, golden) }),
    ...(state === "complete" || state === "halted" ? { redrive: await redrive(stage, golden) } : {}),
  };
  await write(join(state, files.says), `${JSON.stringify(says, null, 2)}\n`);
  console.log(`${state}: ${golden.objects.length} objects; ${JSON.stringify(says.read.status)}`);
}
if (messages.length > 0) {
  const told: KeptMessage[] = [];
  for (const message of messages) {
    const isManifest = JSON.parse(message.body).type === "manifest";
    told.push(isManifest ? { ...message, begun: { ...(await begin(stage, message.body)) } } : message);
  }
  await write(files.messages, toLines(told));
}
await stage.close();
