/** What each command prints with --json has the fields, of the types, that docs/cli.md tells. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openReceiver, secret } from "../events/receiver.ts";
import { type Ended, runCli, start } from "../runtime/cli/built.ts";
import { archive, keys, type Lab, lines, openLab } from "../runtime/cli/lab.ts";
import { openQueueServer, type QueueServer } from "../runtime/cli/queue-server.ts";
import { differencesOf } from "./cli-paper.ts";

let lab: Lab;
let queues: QueueServer;
beforeAll(async () => {
  [lab, queues] = await Promise.all([openLab(), openQueueServer()]);
  lab.next();
});
afterAll(async () => {
  await lab?.close();
  await queues?.close();
});

const cli = (...args: readonly string[]): Promise<Ended> =>
  runCli(lab.built.cli, [...args, "--json"], { ...lab.env, ...queues.env, ORIGINALS_ARCHIVE: lab.place() });

function expectAsTold(schema: string, { stdout, stderr }: Ended): void {
  const document = JSON.parse(stdout);
  expect(document, stderr).toMatchObject({ schema });
  expect(differencesOf(schema, document), stderr).toEqual([]);
}

test("of a run in one process", async () => {
  const manifest = await lab.file(
    "keys.jsonl",
    lines(...[...keys, "not-there.png"].map((key) => JSON.stringify({ key }))),
  );
  const asked = ["--manifest", manifest, "--run", "one"];
  expectAsTold("cos-originals/plan@1", await cli("plan", ...asked));
  expectAsTold("cos-originals/plan@1", await cli("plan", "--list", "--rate", "5/s"));
  expectAsTold("cos-originals/summary@1", await cli("run", ...asked));
  expectAsTold("cos-originals/summary@1", await cli("status", "one"));
  expectAsTold("cos-originals/summary@1", await cli("status", "one", "--full"));
  expectAsTold("cos-originals/summary@1", await cli("report", "one"));
  lab.emulator.bucket(archive).delete(`${lab.place().slice(`cos://${archive}/`.length)}${keys[0]}`);
  const certificates = [`${lab.folder}/verify.json`, `${lab.folder}/check.json`, `${lab.folder}/part.json`] as const;
  expectAsTold("cos-originals/verify@1", await cli("verify", "one", "--certificate", certificates[0]));
  expectAsTold("cos-originals/verify@1", await cli("verify", "one", "--deep"));
  const part = ["--exclude", "a+b*", "--except", manifest, "--min-size", "1", "--max-size", "1G"];
  expectAsTold("cos-originals/error@1", await cli("verify", "one", ...part));
  const certified = ["--certificate", certificates[2]];
  expectAsTold("cos-originals/verify@1", await cli("verify", "one", "--exclude", "a+b*", ...certified));
  expectAsTold("cos-originals/check@1", await cli("check", "--certificate", certificates[1]));
  expectAsTold("cos-originals/check@1", await cli("check", "--dry-run"));
  for (const file of certificates) {
    expect(differencesOf("cos-originals/certificate@1", JSON.parse(await readFile(file, "utf8")))).toEqual([]);
  }
  expectAsTold("cos-originals/summary@1", await cli("redrive", "one"));
  expectAsTold("cos-originals/control@1", await cli("cancel", "one"));
  expectAsTold("cos-originals/control@1", await cli("resume", "one"));
});

test("of events, and of a run that tells others", async () => {
  const receiver = await openReceiver();
  const manifest = await lab.file("told.txt", lines(...keys));
  const env = { ...lab.env, ORIGINALS_ARCHIVE: lab.place(), ORIGINALS_WEBHOOK_SECRET: secret };
  const told = (...args: readonly string[]) => runCli(lab.built.cli, [...args, "--json"], env);
  receiver.answer = () => 401;
  const asked = ["--manifest", manifest, "--run", "told", "--if-exists", "overwrite", "--events", receiver.url];
  expectAsTold("cos-originals/summary@1", await told("run", ...asked));
  expectAsTold("cos-originals/events@1", await told("events", "told"));
  receiver.answer = () => 204;
  expectAsTold("cos-originals/events@1", await told("events", "told", "--replay"));
  await receiver.close();
});

test("of a run without a row that could be tried again", async () => {
  const manifest = await lab.file("invalid.jsonl", lines(JSON.stringify({ key: keys[0] }), "{}"));
  expectAsTold("cos-originals/summary@1", await cli("run", "--manifest", manifest, "--run", "none"));
  expectAsTold("cos-originals/redrive@1", await cli("redrive", "none"));
});

test("of a listing", async () => {
  expectAsTold("cos-originals/summary@1", await cli("run", "--list", "--run", "listed"));
  expectAsTold("cos-originals/plan@1", await cli("plan", "--list"));
});

test("of a run on a queue", async () => {
  const queue = ["--queue", await queues.create("documents")];
  const manifest = await lab.file("queued.txt", lines(...keys));
  const asked = ["--manifest", manifest, "--run", "queued", ...queue];
  expectAsTold("cos-originals/submit@1", await cli("submit", ...asked));
  expectAsTold("cos-originals/control@1", await cli("cancel", "queued"));
  expectAsTold("cos-originals/control@1", await cli("resume", "queued", ...queue));
  expectAsTold("cos-originals/work@1", await cli("work", "--drain", ...queue));
  expectAsTold("cos-originals/error@1", await cli("submit", ...asked));
});

test("of a protection", async () => {
  expectAsTold("cos-originals/protection@1", await cli("protection", "status"));
  expectAsTold("cos-originals/protection@1", await cli("protection", "on"));
  const words = "the originals of photos-1250000000 are not archived";
  expectAsTold("cos-originals/protection@1", await cli("protection", "off", "--unchecked", words));
  expectAsTold("cos-originals/protection@1", await cli("protection", "on", "--suffixes", "png"));
});

test("of lifecycle rules", async () => {
  expectAsTold("cos-originals/lifecycle@1", await cli("policy", "--lifecycle"));
});

test("of a bucket that is examined, and of an error", async () => {
  expectAsTold("cos-originals/doctor@1", await cli("doctor"));
  expectAsTold("cos-originals/error@1", await cli("run", "--no-such-flag"));
  expectAsTold("cos-originals/error@1", await cli("status", "no-such-run"));
});

test("of what needs no run", async () => {
  expectAsTold("cos-originals/explain@1", await cli("explain", "NoProof"));
  expectAsTold("cos-originals/sign@1", await cli("sign", "plain.png", "--endpoint", `${lab.emulator.url}/{bucket}`));
  expectAsTold("cos-originals/completion@1", await cli("completion", "bash"));
  const flags = ["--source", "cos://photos-1250000000", "--archive", "file:///mnt/archive", "--region", "ap-guangzhou"];
  expectAsTold("cos-originals/init@1", await cli("init", ...flags, "--list", "--out", `${lab.folder}/made.yaml`));
});

test("of the emulator and the demo", async () => {
  const emulator = start(lab.built.cli, ["emulator", "--port", "0", "--json"], lab.env);
  await emulator.says("cos-originals/emulator@1");
  emulator.kill("SIGTERM");
  expectAsTold("cos-originals/emulator@1", await emulator.ended);
  expectAsTold("cos-originals/demo@1", await cli("demo", "--data", `${lab.folder}/demo`));
});
