/**
 * A thousand objects (THOROUGH=yes: two) through a queue's workers that are killed with -9, told of to a webhook that refuses for a while, and to a
 * queue: each at least once, whatever died when. How many twice is printed. It would catch an event that is sent before its outcome is durable and
 * then forgotten, a shard that is marked as done before it is told of, and a receiver whose outage holds up the run.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSummary } from "../../src/report/summary.ts";
import { type Ended, runCli, type Started, start } from "../runtime/cli/built.ts";
import { archive, type Lab, openLab, source } from "../runtime/cli/lab.ts";
import { openQueueServer, type QueueServer } from "../runtime/cli/queue-server.ts";
import "../setup/long.ts";
import { thorough } from "../setup/thorough.ts";
import { seededRandom } from "../simulation/world.ts";
import { faultsOf } from "./conformant.ts";
import { openReceiver, type ReceivedEvent, type Receiver, secret } from "./receiver.ts";

const OBJECTS = thorough ? 2_000 : 1_000;
const KILLS = thorough ? 8 : 4;
const seed = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);

let lab: Lab;
let queues: QueueServer;
let receiver: Receiver;
beforeAll(async () => {
  [lab, queues, receiver] = await Promise.all([openLab(), openQueueServer(), openReceiver()]);
});
afterAll(async () => {
  await receiver?.close();
  await queues?.close();
  await lab?.close();
});

async function seedKeys(folder: string): Promise<{ readonly keys: readonly string[]; readonly manifest: string }> {
  const keys = Array.from({ length: OBJECTS }, (_, n) => `${folder}/${n} ü.png`);
  for (const key of keys) lab.emulator.bucket(source).put(key, Buffer.from(`the original of ${key}`));
  lab.emulator.faults.use(({ operation }) => (operation === "object.original" ? { kind: "delay", ms: 20 } : undefined));
  return { keys, manifest: await lab.file(`${folder}.txt`, keys.map((key) => `${key}\n`).join("")) };
}

/**
 * Starts a process and kills it while so many of its shards' done markers are on their way: others are told of those shards, and the ledger does
 * not say so yet. Resolves with how it ended, where it was over before.
 */
async function killAtMarkers(begin: () => Started, markers: number): Promise<Ended> {
  let child: Started | undefined;
  let come = 0;
  const stop = lab.emulator.faults.use(({ operation, key }) => {
    if (operation !== "object.put" || !key.includes("/done/")) return undefined;
    if (++come === markers) setTimeout(() => child?.kill("SIGKILL"), 20);
    return { kind: "delay", ms: 100 };
  });
  child = begin();
  const ended = await child.ended;
  stop();
  return ended;
}

/** Every key at least once, ids that tell the same from another, and how many came more than once. */
function duplicatesAmong(events: readonly ReceivedEvent[], keys: readonly string[], prefix: string): number {
  expect(events.flatMap((event) => faultsOf(JSON.stringify(event))).slice(0, 5)).toEqual([]);
  expect([...new Set(events.map(({ subject }) => subject))].sort()).toEqual(keys.map((key) => prefix + key).sort());
  expect(new Set(events.map(({ id }) => id)).size).toBe(OBJECTS);
  return events.length - OBJECTS;
}

describe(`${OBJECTS} archived objects, workers killed with -9`, () => {
  it(`are each told of to a webhook that refuses for a while (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const { keys, manifest } = await seedKeys("hook");
    const queue = await queues.create("hook-work");
    const env = { ...lab.env, ...queues.env, ORIGINALS_WEBHOOK_SECRET: secret, ORIGINALS_EVENTS: receiver.url };
    const ledger = ["--archive", `cos://${archive}/hook/`];
    const asked = [...ledger, "--manifest", manifest, "--shard-size", "25", "--run", "hook", "--queue", queue];
    expect(await runCli(lab.built.cli, ["submit", ...asked], env)).toMatchObject({ code: 0 });
    // The first posts are taken; then nothing, whoever asks, until half of the workers are dead.
    let isAway = true;
    let refused = 0;
    receiver.answer = (post) => {
      if (post <= 3 || !isAway) return 204;
      refused++;
      return 503;
    };
    const work = ["work", "--queue", queue, "--drain", "--visibility", "30", "--concurrency", "16", "--json"];
    for (let kills = 0; kills < KILLS; kills++) {
      isAway = kills < KILLS / 2;
      await killAtMarkers(() => start(lab.built.cli, work, env), 1 + Math.floor(random() * 6));
    }
    const [one, other] = await Promise.all([runCli(lab.built.cli, work, env), runCli(lab.built.cli, work, env)]);
    expect([one.code, other.code], one.stderr + other.stderr).toEqual([0, 0]);
    const status = await runCli(lab.built.cli, ["status", "hook", "--json", ...ledger], env);
    const summary = parseSummary(JSON.parse(status.stdout));
    expect(summary).toMatchObject({ state: "complete", rows: OBJECTS, archived: OBJECTS });
    const sent = await runCli(lab.built.cli, ["events", "hook", "--json", ...ledger], env);
    expect(sent, sent.stderr).toMatchObject({ code: 0 });
    expect(receiver.posts.every(({ signed }) => signed)).toBe(true);
    const twice = duplicatesAmong(receiver.events, keys, "hook/");
    console.log(
      `events through kills, seed ${seed}: ${KILLS} kills, ${refused} of ${receiver.posts.length} posts refused, ${summary.undelivered} shards left at the end and told after it; ${OBJECTS} objects, each at least once, ${twice} more than once`,
    );
  });

  it("are each told of to a queue, one a message", async () => {
    const random = seededRandom(seed + 1);
    const { keys, manifest } = await seedKeys("queue");
    const pictures = await queues.create("pictures");
    const env = { ...lab.env, ...queues.env };
    const args = ["run", "--archive", `cos://${archive}/queue/`, "--manifest", manifest, "--run", "queue", "--json"];
    const begin = () =>
      start(lab.built.cli, [...args, "--shard-size", "25", "--concurrency", "16", "--events", pictures], env);
    let killed = 0;
    for (let n = 0; n < KILLS; n++) {
      if ((await killAtMarkers(begin, 1 + Math.floor(random() * 6))).signal === "SIGKILL") killed++;
    }
    const ended = await begin().ended;
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const events: ReceivedEvent[] = [];
    for (let some = await queues.read("pictures"); some.length > 0; some = await queues.read("pictures")) {
      events.push(...some.map(({ body }) => JSON.parse(body)));
    }
    const twice = duplicatesAmong(events, keys, "queue/");
    console.log(
      `events through kills to a queue, seed ${seed}: ${killed} kills; ${OBJECTS} objects, each at least once, ${twice} more than once`,
    );
  });
});
