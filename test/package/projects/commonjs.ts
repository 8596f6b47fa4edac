import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { handler } from "cos-originals/lambda";
import { main_handler } from "cos-originals/scf";

const region = "ap-guangzhou";
const keys = { secretId: "AKIDexample", secretKey: "example-key" };
const source = "photos-1250000000";
const archive = "archive-1250000000";

async function main(): Promise<void> {
  // The library is an ES module: CommonJS reaches it so.
  const { startEmulator } = await import("cos-originals");
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
  const message = (prefix: string) =>
    JSON.stringify({
      v: 1,
      type: "manifest",
      source: { bucket: source, region },
      archive: { bucket: archive, region, prefix },
      keys: ["picture.jpg"],
    });
  const record = {
    messageId: "one",
    receiptHandle: "AQEB",
    body: message("lambda/"),
    attributes: {},
    messageAttributes: {},
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:123456789012:originals",
    awsRegion: "us-east-1",
  };
  const lambda = await handler({ Records: [record] }, { getRemainingTimeInMillis: () => 60_000 });
  const cmq = { CMQ: { type: "topic", topicOwner: 1, topicName: "t", msgId: "1", msgBody: message("scf/") } };
  const scf = await main_handler({ Records: [cmq] }, { time_limit_in_ms: 60_000 });
  const archived = emulator
    .bucket(archive)
    .keys()
    .filter((key) => key.endsWith("picture.jpg"));
  await emulator.close();
  await rm(folder, { recursive: true });
  console.log(JSON.stringify({ lambda, scf, archived }));
  process.exit();
}

void main();
