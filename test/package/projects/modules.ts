import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createBucketClient,
  createDeliveryHandler,
  readSettings,
  type Sender,
  silentLog,
  startEmulator,
  staticCredentials,
  surroundingsFromSettings,
  systemClock,
} from "cos-originals";
import { handler } from "cos-originals/lambda";
import about from "cos-originals/package.json" with { type: "json" };
import { queueFromUrl, ReceiveMessageCommand, SendMessageCommand } from "cos-originals/queue";
import { main_handler } from "cos-originals/scf";

const region = "ap-guangzhou";
const keys = { secretId: "AKIDexample", secretKey: "example-key" };
const source = "photos-1250000000";
const archive = "archive-1250000000";
const world = { clock: systemClock, random: Math.random, log: silentLog };

const folder = await mkdtemp(join(tmpdir(), "originals-project-"));
const emulator = await startEmulator({
  dataDir: folder,
  credentials: [keys],
  buckets: [{ name: source, protect: "all" }, { name: archive }],
});
emulator.bucket(source).put("picture.jpg", Buffer.from("the bytes of a picture"));
Object.assign(process.env, {
  TENCENTCLOUD_SECRETID: keys.secretId,
  TENCENTCLOUD_SECRETKEY: keys.secretKey,
  ORIGINALS_ENDPOINT: emulator.url,
});

const message = (prefix: string) => ({
  v: 1,
  type: "manifest",
  source: { bucket: source, region },
  archive: { bucket: archive, region, prefix },
  keys: ["picture.jpg"],
});

const settings = readSettings({ environment: process.env });
const surroundings = surroundingsFromSettings(settings, { ...world, environment: process.env });
const nobody: Sender = { send: () => Promise.reject(new Error("one shard needs no queue")) };
const body = JSON.stringify(message("library/"));
const library = await createDeliveryHandler(surroundings)({ body, deadline: Number.POSITIVE_INFINITY }, nobody);
await surroundings.close();

const { client, queueUrl } = queueFromUrl("memory:", { ...world, env: process.env });
await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "hello" }));
const { Messages = [] } = await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
client.destroy();

const answered = await handler(message("lambda/"), { getRemainingTimeInMillis: () => 60_000 });
const batch: readonly { readonly itemIdentifier: string }[] | undefined = answered?.batchItemFailures;

const cmq = {
  Records: [
    { CMQ: { type: "topic", topicOwner: 1, topicName: "t", msgId: "1", msgBody: JSON.stringify(message("scf/")) } },
  ],
};
const scf = await main_handler(cmq, { time_limit_in_ms: 60_000 });

const bucket = createBucketClient({
  bucket: archive,
  region,
  endpoint: emulator.url,
  credentials: staticCredentials(keys),
  clock: systemClock,
});
const archived: string[] = [];
for (const key of ["library/picture.jpg", "lambda/picture.jpg", "scf/picture.jpg"]) {
  const { size } = await bucket.head(key);
  if (size === 22) archived.push(key);
}
const refused = await bucket.head("none").then(
  () => "there it is",
  (error: { code: string }) => error.code,
);
await bucket.close();
await emulator.close();
await rm(folder, { recursive: true });
const queue = Messages.map(({ Body }) => Body);
const lambda = batch ?? "no answer";
console.log(JSON.stringify({ library, queue, lambda, scf, archived, refused, name: about.name }));
process.exit();
