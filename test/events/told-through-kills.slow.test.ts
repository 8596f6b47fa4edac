/**
 * 2,000 objects through a queue's workers that are killed with -9, told of to a webhook that refuses for a while, and to a queue: each at least
 * once, whatever died when. How many twice is printed. It would catch an event that is sent before its outcome is durable and then forgotten, a
 * shard that is marked as done before it is told of, and a receiver whose outage holds up the run.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseSummary } from "../../src/report/summary.ts";
import { runCli, start } from "../runtime/cli/built.ts";
import { archive, type Lab, openLab, source } from "../runtime/cli/lab.ts";
import { openQueueServer, type QueueServer } from "../runtime/cli/queue-server.ts";
import "../setup/long.ts";
import { seededRandom } from "../simulation/world.ts";
import { faultsOf } from "./conformant.ts";
import { openReceiver, type ReceivedEvent, type Receiver, secret } from "./receiver.ts";

const OBJECTS = 2_000;
const KILLS = 8;
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

/** Every key at least once, ids that tell the same from another, and how many came more than once. */
function duplicatesAmong(events: readonly ReceivedEvent[], keys: readonly string[], prefix: string): number {
  expect(events.flatMap((event) => faultsOf(JSON.stringify(event))).slice(0, 5)).toEqual([]);
  expect([...new Set(events.map(({ subject }) => subject))].sort()).toEqual(keys.map((key) => prefix + key).sort());
  expect(new Set(events.map(({ id }) => id)).size).toBe(OBJECTS);
  return events.length - OBJECTS;
}

describe("2,000 archived objects, workers killed with -9", () => {
  it(`are each told of to a webhook that refuses for a while (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const { keys, manifest } = await seedKeys("hook");
    const queue = await queues.create("hook-work");
    const env = { ...lab.env, ...queues.env, ORIGINALS_WEBHOOK_SECRET: secret, ORIGINALS_EVENTS: receiver.url };
    const ledger = ["--archive", `cos://${archive}/hook/`];
    const asked = [...ledger, "--manifest", manifest, "--shard-size", "100", "--run", "hook", "--queue", queue];
    expect(await runCli(lab.built.cli, ["submit", ...asked], env)).toMatchObject({ code: 0 });
    // Of the first posts some are taken; then nothing for a while, whoever asks.
    receiver.answer = (post) => (post > 3 && post <= 40 ? 503 : 204);
    const work = ["work", "--queue", queue, "--drain", "--visibility", "30", "--concurrency", "16", "--json"];
    for (let kills = 0; kills < KILLS; kills++) {
      const child = start(lab.built.cli, work, env);
      const timer = setTimeout(() => child.kill("SIGKILL"), 500 + random() * 1_500);
      await child.ended;
      clearTimeout(timer);
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
    const refused = receiver.posts.length - receiver.posts.filter((_, at) => receiver.answer(at + 1) < 300).length;
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
    let ended: Awaited<ReturnType<typeof runCli>> | undefined;
    for (let kills = 0; ended === undefined || ended.signal === "SIGKILL"; kills++) {
      const child = start(
        lab.built.cli,
        [...args, "--shard-size", "100", "--concurrency", "16", "--events", pictures],
        env,
      );
      const timer = kills < KILLS ? setTimeout(() => child.kill("SIGKILL"), 500 + random() * 1_000) : undefined;
      ended = await child.ended;
      clearTimeout(timer);
    }
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const events: ReceivedEvent[] = [];
    for (let some = await queues.read("pictures"); some.length > 0; some = await queues.read("pictures")) {
      events.push(...some.map(({ body }) => JSON.parse(body)));
    }
    const twice = duplicatesAmong(events, keys, "queue/");
    console.log(
      `events through kills to a queue, seed ${seed}: ${OBJECTS} objects, each at least once, ${twice} more than once`,
    );
  });
});
