/**
 * `cos-originals demo`, which `npm start` runs: the main job for real, on this machine. An embedded COS serves a protected
 * bucket; a manifest message goes through a queue to the function that is deployed; what it archived is compared byte by byte.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import pLimit from "p-limit";
import { systemClock } from "../../clock.ts";
import { readSettings } from "../../config/read.ts";
import { type BucketClient, createBucketClient } from "../../cos/client.ts";
import { staticCredentials } from "../../cos/credentials.ts";
import { isCosError } from "../../cos/error.ts";
import { type Emulator, startEmulator } from "../../emulator/emulator.ts";
import { lockDirectory } from "../../emulator/lock.ts";
import { quote, UserError } from "../../errors.ts";
import { runPrefix } from "../../ledger/layout.ts";
import { createMemoryQueues, SendMessageCommand, SQSClient } from "../../queue/index.ts";
import { formatBytes, formatCount } from "../../report/quantity.ts";
import { parseSummary, type Summary } from "../../report/summary.ts";
import { summaryText } from "../../report/summary-text.ts";
import { createDeliveryHandler } from "../../run/handle-delivery.ts";
import type { ManifestMessage } from "../../run/messages.ts";
import { keepFunctionWorker } from "../function-worker.ts";
import { createLambdaHandler } from "../lambda-handler.ts";
import { archivePlace, ledgerPlace, sourcePlace } from "../places.ts";
import { demoImages, demoManifest, frozenKey, missingKey, rowCount } from "./demo-bucket.ts";
import { imageFormats } from "./demo-images.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { onInterrupt } from "./interrupt.ts";
import { drainIntoFunction } from "./local-event-source.ts";
import { addCommonFlags, type Flags } from "./setting-flags.ts";
import type { Terminal } from "./terminal.ts";

const region = "ap-guangzhou";
const sourceBucket = "demo-1250000000";
const archiveBucket = "archive-1250000000";
const manifestKey = "manifests/demo.jsonl";
const run = "demo";
/** Known to everybody, and accepted by the demo's own emulator alone. */
const credentials = { secretId: "AKIDdemo", secretKey: "demo-secret-key" };
/** Rows a shard: small, so that the run goes through the queue in several messages. */
const shardSize = 125;
/** Milliseconds after which something is wrong: it takes seconds. */
const longest = 180_000;

export function describeDemo(command: Command): void {
  addCommonFlags(
    command
      .description(
        "archive 500 rows from an embedded, protected bucket through an embedded queue, and check every byte",
      )
      .option("--data <DIR>", "where bucket and report are kept; made anew each time", "demo-data")
      .option("--port <N>", "port of 127.0.0.1 for the embedded COS, 0 for any that is free", "0")
      .addHelpText("after", "\nExample:\n  cos-originals demo --data ./demo-data"),
    false,
  );
}

export async function demoCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const json = flags.json === true;
  /** The story goes to standard output, which with --json is for the document alone. */
  const tell = (line: string) => (json ? terminal.note(line) : terminal.quiet ? undefined : terminal.out(line));
  const data = String(flags.data);
  const port = /^\d{1,5}$/.test(String(flags.port)) ? Number(flags.port) : Number.NaN;
  if (!(port <= 65_535)) {
    throw new UserError(
      "InvalidSetting",
      `--port ${quote(flags.port)} is not a whole number from 0 to 65535; --port 0 would do.`,
    );
  }
  const store = await freshFolder(data);
  const interrupt = onInterrupt(terminal, "Stopping the demo.");
  const emulator = await startEmulator({
    port,
    dataDir: store,
    buckets: [
      { name: sourceBucket, region },
      { name: archiveBucket, region },
    ],
    credentials: [credentials],
    log: terminal.log,
  });
  try {
    tell(`An embedded COS listens on ${emulator.url}.`);
    return await archiveAll(emulator, data, store, json, interrupt.signal, tell, terminal);
  } finally {
    interrupt.dispose();
    await emulator.close();
  }
}

async function archiveAll(
  emulator: Emulator,
  data: string,
  store: string,
  json: boolean,
  signal: AbortSignal,
  tell: (line: string) => void,
  terminal: Terminal,
): Promise<ExitCode> {
  const bucketClient = (bucket: string, signed: boolean): BucketClient =>
    createBucketClient({
      bucket,
      region,
      endpoint: emulator.url,
      credentials: signed ? staticCredentials(credentials) : undefined,
      clock: systemClock,
    });
  const source = bucketClient(sourceBucket, true);
  const anonymous = bucketClient(sourceBucket, false);
  const archive = bucketClient(archiveBucket, true);
  try {
    const digests = await fillBucket(source);
    await source.putOriginProtect(imageFormats);
    const bytes = [...digests.values()].reduce((sum, { size }) => sum + size, 0);
    tell(
      `Bucket ${sourceBucket} holds ${formatCount(digests.size)} images (${formatBytes(bytes)}); ` +
        `Original Image Protection is on for ${imageFormats.join(", ")}.`,
    );
    await showRefusals(source, anonymous, tell);

    const manifest = demoManifest([...digests.keys()]);
    await source.put(manifestKey, Buffer.from(manifest), { headers: { "content-type": "application/jsonl" } });
    await writeFile(join(data, "manifest.jsonl"), manifest);
    tell(
      `The manifest cos://${sourceBucket}/${manifestKey} lists ${rowCount} rows: ${quote(missingKey)} does not exist, ` +
        `and ${quote(frozenKey)} is of storage class ARCHIVE.`,
    );

    const ledger = await workThroughQueue(emulator.url, signal, tell, terminal);
    if (signal.aborted) return exitCodes.interrupted;
    const prefix = `${runPrefix(ledger.prefix, run)}report/`;
    const report = join(data, "report");
    const files = await copyReport(archive, prefix, report);
    if (!files.includes("summary.json")) throw new Error("the demo's run wrote no summary.json");
    const summary = parseSummary(JSON.parse((await bytesOf(archive, `${prefix}summary.json`)).toString("utf8")));
    const wrong = [...unexpected(summary), ...(await differences(archive, digests))];
    for (const sentence of wrong) terminal.complain(sentence);

    if (json) {
      const document = {
        schema: "cos-originals/demo@1",
        asExpected: wrong.length === 0,
        summary,
        report: report,
        data,
      };
      terminal.out(JSON.stringify(document));
    } else if (!terminal.quiet || wrong.length > 0) {
      terminal.out(`\n${summaryText(summary)}`);
      terminal.out(ending(wrong.length === 0, data, store, prefix));
    }
    return wrong.length === 0 ? exitCodes.done : exitCodes.fault;
  } finally {
    await Promise.all([source.close(), anonymous.close(), archive.close()]);
  }
}

interface Digest {
  readonly size: number;
  readonly sha256: string;
}

/** Uploads every image; what was uploaded is remembered by digest, to be compared with what will be archived. */
async function fillBucket(source: BucketClient): Promise<ReadonlyMap<string, Digest>> {
  const digests = new Map<string, Digest>();
  await pLimit(16).map(demoImages(), async ({ key, bytes, contentType, storageClass }) => {
    digests.set(key, { size: bytes.length, sha256: sha256(bytes) });
    const headers = {
      "content-type": contentType,
      ...(storageClass === undefined ? {} : { "x-cos-storage-class": storageClass }),
    };
    await source.put(key, bytes, { headers });
  });
  return digests;
}

/** The protection is really on: the same image is refused in every way but the one. */
async function showRefusals(
  source: BucketClient,
  anonymous: BucketClient,
  tell: (line: string) => void,
): Promise<void> {
  const key = "plain.png";
  const attempts = [
    { what: "anonymous GET", get: () => anonymous.get(key) },
    { what: "signed GET without ci-process", get: () => source.get(key) },
    { what: "unsigned GET with ci-process=originImage", get: () => anonymous.get(key, { originImage: true }) },
  ];
  for (const { what, get } of attempts) {
    try {
      await get();
    } catch (error) {
      if (!isCosError(error) || error.status !== 403) throw error;
      const number = error.errNo === undefined ? "" : `, X-ErrNo ${error.errNo}`;
      tell(`  ${what} of ${quote(key)}: refused (${error.status} ${error.code}${number}).`);
      continue;
    }
    throw new Error(`the ${what} of ${quote(key)} was not refused, though the bucket is protected`);
  }
}

/** Sends the manifest message, and lets the deployed function work the queue until it is empty. */
async function workThroughQueue(url: string, signal: AbortSignal, tell: (line: string) => void, terminal: Terminal) {
  const environment = {
    TENCENTCLOUD_SECRETID: credentials.secretId,
    TENCENTCLOUD_SECRETKEY: credentials.secretKey,
    ORIGINALS_ENDPOINT: url,
    ORIGINALS_REGION: region,
    ORIGINALS_SOURCE: `cos://${sourceBucket}`,
    ORIGINALS_ARCHIVE: `cos://${archiveBucket}/photos/`,
  };
  // What the run says of single keys stands in its report.
  const log = { info() {}, warn() {}, error: terminal.log.error };
  const world = { environment, clock: systemClock, random: Math.random, log };
  const queues = createMemoryQueues(world);
  const queueUrl = queues.createQueue("originals", { VisibilityTimeout: "5400" });
  const client = new SQSClient({ transport: queues });
  const handler = createLambdaHandler({
    ...world,
    worker: keepFunctionWorker(world, createDeliveryHandler),
    queue: client,
  });

  const settings = readSettings({ environment });
  const ledger = ledgerPlace(settings);
  const message: ManifestMessage = {
    v: 1,
    type: "manifest",
    run,
    source: sourcePlace(settings),
    archive: archivePlace(settings),
    ledger,
    manifest: { bucket: sourceBucket, region, key: manifestKey, format: "jsonl" },
    options: { shardSize },
  };
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) }));
  tell("A manifest message is in the queue; the function that is deployed works it …");
  const late = AbortSignal.timeout(longest);
  try {
    let invocations = 0;
    await drainIntoFunction({
      client,
      queueUrl,
      handler: (event, context) => {
        invocations++;
        return handler(event, context);
      },
      concurrency: 4,
      timeout: 900_000,
      signal: AbortSignal.any([signal, late]),
      clock: systemClock,
      log,
    });
    if (late.aborted)
      throw new Error(
        `after ${longest / 60_000} minutes and ${invocations} invocations the demo's queue is still not empty`,
      );
    if (!signal.aborted) tell(`… in ${invocations} invocations, and the queue is empty.`);
  } finally {
    client.destroy();
  }
  return ledger;
}

/** The report as files that can be opened. */
async function copyReport(archive: BucketClient, prefix: string, folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const names: string[] = [];
  let marker: string | undefined;
  do {
    const page = await archive.list({ prefix, marker });
    for (const { key } of page.objects) {
      const name = key.slice(prefix.length);
      await writeFile(join(folder, name), await bytesOf(archive, key));
      names.push(name);
    }
    marker = page.nextMarker;
  } while (marker !== undefined);
  return names;
}

/** Anything but 498 archived, and the two failures that were prepared. */
function unexpected(summary: Summary): readonly string[] {
  const sentences: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) === JSON.stringify(wanted)) return;
    sentences.push(`the demo's run has ${what} ${JSON.stringify(found)}, and ${JSON.stringify(wanted)} was expected.`);
  };
  expect("the state", summary.state, "complete");
  expect("rows", summary.rows, rowCount);
  expect("archived", summary.archived, rowCount - 2);
  expect("skipped", summary.skipped, 0);
  expect("failed", summary.failed, 2);
  const failures = (summary.failures ?? []).map(({ code, keys }) => [code, ...keys]).sort();
  expect("the failures", failures, [
    ["InvalidObjectState", frozenKey],
    ["NoSuchKey", missingKey],
  ]);
  return sentences;
}

/** Reads every archived image back: the bytes must be those that were uploaded. */
async function differences(archive: BucketClient, digests: ReadonlyMap<string, Digest>): Promise<readonly string[]> {
  const sentences: string[] = [];
  await pLimit(16).map(digests, async ([key, digest]) => {
    if (key === frozenKey) return;
    try {
      const bytes = await bytesOf(archive, `photos/${key}`);
      if (sha256(bytes) !== digest.sha256)
        sentences.push(`the archived ${quote(key)} is not the image that was uploaded.`);
    } catch (error) {
      if (!isCosError(error)) throw error;
      sentences.push(`the archived ${quote(key)} can't be read: ${error.message}`);
    }
  });
  return sentences;
}

function ending(asExpected: boolean, data: string, store: string, prefix: string): string {
  if (!asExpected) return "The demo did not end as expected: see above.";
  return [
    "As expected: 498 originals are archived, each byte as it was uploaded; 2 rows could not be, and a run of them",
    `(\`cos-originals run\`) ends with exit code ${exitCodes.failedKeys}. The demo itself ends with 0.`,
    "",
    `  report    ${join(data, "report", "report.html")}   (summary.json, results and failures beside it)`,
    `  manifest  ${join(data, "manifest.jsonl")}`,
    `  archive   cos://${archiveBucket}/photos/   ledger and report in it below ${prefix.replace(/report\/$/, "")}`,
    "",
    "Look around in the buckets with:",
    `  TENCENTCLOUD_SECRETID=${credentials.secretId} TENCENTCLOUD_SECRETKEY=${credentials.secretKey} npx cos-originals emulator --data ${store} --port 9000`,
  ].join("\n");
}

const marker = ".cos-originals-demo";

/** Empties what an earlier demo left, and nothing else: a folder that is not the demo's is refused. */
async function freshFolder(data: string): Promise<string> {
  const store = join(data, "cos");
  if (existsSync(data) && !existsSync(join(data, marker)) && (await readdir(data)).length > 0) {
    throw new UserError(
      "InvalidSetting",
      `--data ${quote(data)} is a folder with other things in it; name one that is empty, or does not exist.`,
    );
  }
  if (existsSync(store)) {
    // An emulator may still serve it.
    lockDirectory(store)();
    await rm(store, { recursive: true, force: true });
  }
  await rm(join(data, "report"), { recursive: true, force: true });
  await mkdir(store, { recursive: true });
  await writeFile(join(data, marker), "The demo of cos-originals makes this folder anew each time.\n");
  return store;
}

async function bytesOf(bucket: BucketClient, key: string): Promise<Buffer> {
  const reply = await bucket.get(key, { bufferUpTo: Number.MAX_SAFE_INTEGER });
  if (reply.kind === "bytes") return reply.bytes;
  const chunks: Buffer[] = [];
  for await (const chunk of reply.stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
