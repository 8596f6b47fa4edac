/** `--events`, `--notify` and the command `events` as people type them, beside a webhook's receiver. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DeleteMessageCommand, queueFromUrl, ReceiveMessageCommand } from "../../../src/queue/index.ts";
import { systemClock } from "../../../src/vocabulary/clock.ts";
import { silentLog } from "../../../src/vocabulary/log.ts";
import { faultsOf } from "../../events/conformant.ts";
import { openReceiver, type Receiver, secret } from "../../events/receiver.ts";
import { startTdmqServer } from "../../queue/tdmq-server.ts";
import { runCli } from "./built.ts";
import { credentials, keys, type Lab, lines, openLab } from "./lab.ts";

let lab: Lab;
let receiver: Receiver;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab?.close());
beforeEach(async () => {
  lab.next();
  await receiver?.close();
  receiver = await openReceiver();
  return () => receiver.close();
});

const signed = { ORIGINALS_WEBHOOK_SECRET: secret };
const states = () =>
  receiver.events.filter(({ type }) => type === "cos-originals.run.ended").map(({ data }) => data.state);
const subjects = () =>
  receiver.events
    .filter(({ type }) => type === "cos-originals.object.archived")
    .map(({ data }) => (data.source as { key: string }).key);
const ask = async (...args: readonly string[]) => {
  const manifest = await lab.file("events.txt", lines(...keys));
  return lab.run(["--manifest", manifest, "--run", "r", ...args], undefined, signed);
};
const events = (...args: readonly string[]) =>
  runCli(lab.built.cli, ["events", "r", "--archive", lab.place(), ...args], { ...lab.env, ...signed });

describe("a run with --events and --notify", () => {
  it("tells of each object and of its end, signed, and shows neither secret nor the address's path", async () => {
    const ended = await ask("--events", receiver.url, "--notify", receiver.url);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(subjects().sort()).toEqual([...keys].sort());
    expect([states(), receiver.posts.every((post) => post.signed)]).toEqual([["complete"], true]);
    expect(ended.stdout + ended.stderr).not.toMatch(/whsec_|MfKQ9r8GKYqr|hooks\/originals/);
  });

  it("whose receiver takes nothing ends as ever, says so once, and the command tells later", async () => {
    receiver.answer = () => 401;
    const ended = await ask("--events", receiver.url);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stdout).toMatch(/1 delivery of events is left, and kept; to try again: cos-originals events r/);
    const still = await events("--json");
    expect(still, still.stderr).toMatchObject({ code: 5 });
    expect(JSON.parse(still.stdout)).toEqual({
      schema: "cos-originals/events@1",
      run: "r",
      replay: false,
      sent: 0,
      undelivered: 1,
      reason: "it answered with status 401",
    });
    receiver.answer = () => 204;
    const sent = await events();
    expect(sent, sent.stderr).toMatchObject({ code: 0 });
    expect(sent.stdout).toMatch(/^run r: 4 events sent to http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(subjects().length).toBe(keys.length);
    expect(await events("--json")).toMatchObject({ code: 0, stdout: expect.stringContaining('"sent":0') });
    expect(await events("--replay", "--json")).toMatchObject({ code: 0, stdout: expect.stringContaining('"sent":4') });
    expect(new Set(receiver.events.map(({ id }) => id)).size).toBe(keys.length);
  });

  it("tells a TDMQ queue too, one event a message, and again under the same ids", async () => {
    const tdmq = await startTdmqServer(credentials.secretKey);
    const target = `tdmq:${tdmq.createQueue("pictures", 30)}?region=ap-guangzhou`;
    const world = { clock: systemClock, random: Math.random, log: silentLog, env: tdmq.env };
    const { client, queueUrl: QueueUrl } = queueFromUrl(target, world);
    const received = async (most: number) => {
      const bodies: string[] = [];
      while (bodies.length < most) {
        const asked = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 });
        const { Messages = [] } = await client.send(asked);
        if (Messages.length === 0) break;
        for (const { Body = "", ReceiptHandle } of Messages) {
          bodies.push(Body);
          await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        }
      }
      return bodies;
    };
    const ended = await ask("--events", target, "--notify", target);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    const told = await received(keys.length + 1);
    expect(told.flatMap(faultsOf)).toEqual([]);
    const all = told.map((body) => JSON.parse(body));
    const objects = all.filter(({ type }) => type === "cos-originals.object.archived");
    expect(objects.map(({ data }) => data.source.key).sort()).toEqual([...keys].sort());
    expect(all.at(-1)).toMatchObject({ type: "cos-originals.run.ended", data: { state: "complete", archived: 4 } });
    const again = await events("--replay");
    expect(again, again.stderr).toMatchObject({ code: 0 });
    const ids = (await received(keys.length)).map((body) => JSON.parse(body).id);
    expect(ids.sort()).toEqual(objects.map(({ id }) => id).sort());
    client.destroy();
    await tdmq.close();
  });

  it("that told nobody can be replayed to somebody", async () => {
    expect(await ask()).toMatchObject({ code: 0 });
    expect(await events("--replay")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("tells nobody of its objects"),
    });
    expect(await events("--replay", "--events", receiver.url)).toMatchObject({ code: 0 });
    expect(subjects().length).toBe(keys.length);
  });

  it("that is refused at its start tells so", async () => {
    const manifest = await lab.file("empty.txt", "");
    const refused = await lab.run(["--manifest", manifest, "--run", "r", "--notify", receiver.url], undefined, signed);
    expect(refused).toMatchObject({ code: 2 });
    expect(receiver.events).toMatchObject([{ data: { run: "r", state: "refused", code: "EmptyManifest" } }]);
  });

  it.each([
    [
      "a webhook without a secret",
      ["--events", "https://hooks.example.com/a"],
      {},
      /ORIGINALS_WEBHOOK_SECRET is not set/,
    ],
    ["plain http elsewhere", ["--notify", "http://hooks.example.com/a"], signed, /--notify names .* plain http/],
    ["what is no target", ["--events", "pictures"], signed, /--events "pictures" is none of https/],
    [
      "a secret that is none",
      ["--events", "https://hooks.example.com/a"],
      { ORIGINALS_WEBHOOK_SECRET: "word" },
      /no secret of Standard/,
    ],
  ] as const)("is refused before anything is fetched for %s", async (_, args, env, why) => {
    const manifest = await lab.file("events.txt", lines(...keys));
    const refused = await lab.run(["--manifest", manifest, "--run", "r", ...args], undefined, env);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(why) });
    expect(refused.stderr).not.toContain('"word"');
    expect(lab.archived(keys[0] ?? "")).toBeUndefined();
  });
});
