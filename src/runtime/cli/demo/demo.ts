/**
 * `cos-originals demo`, which `npm start` runs: the main job for real, on this machine. An embedded COS serves a protected
 * bucket; a manifest message goes through a queue to the function that is deployed; what it archived is compared byte by byte.
 */

import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import pLimit from "p-limit";
import { readSettings } from "../../../config/read.ts";
import { type BucketClient, createBucketClient } from "../../../cos/client.ts";
import { staticCredentials } from "../../../credentials/credentials.ts";
import { type Emulator, startEmulator } from "../../../emulator/emulator.ts";
import { lockDirectory } from "../../../emulator/store/lock.ts";
import { reportNames } from "../../../ledger/report/files.ts";
import { readSummary } from "../../../ledger/report/summary.ts";
import { runPrefix } from "../../../ledger/runs.ts";
import { createLedgerStore } from "../../../ledger/store.ts";
import { createMemoryQueues, SendMessageCommand, SQSClient } from "../../../queue/index.ts";
import { formatBytes } from "../../../report/quantity.ts";
import { summaryText } from "../../../report/summary-text.ts";
import { createDeliveryHandler } from "../../../run/deliver/handle-delivery.ts";
import type { ManifestMessage } from "../../../run/messages/messages.ts";
import { systemClock } from "../../../vocabulary/clock.ts";
import { counted } from "../../../vocabulary/counted.ts";
import { quote, UserError } from "../../../vocabulary/errors.ts";
import { keepFunctionWorker } from "../../function/function-worker.ts";
import { createLambdaHandler } from "../../function/lambda-handler.ts";
import { archivePlace, ledgerPlace, sourcePlace } from "../../settings/places.ts";
import { addCommonFlags, type Flags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { demoImages, demoManifest, frozenKey, missingKey, rowCount } from "./bucket.ts";
import { copyReport, type Digest, differences, sha256, showRefusals, unexpected } from "./checks.ts";
import { imageFormats } from "./images.ts";
import { drainIntoFunction } from "./local-event-source.ts";

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
      `Bucket ${sourceBucket} holds ${counted(digests.size, "image")} (${formatBytes(bytes)}); ` +
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
    const prefix = runPrefix(ledger.prefix, run);
    const recorded = createLedgerStore({ bucket: archive, prefix, clock: systemClock, random: Math.random });
    const report = join(data, "report");
    await copyReport(recorded, report);
    const summary = await readSummary(recorded);
    if (summary === undefined) throw new Error("the demo's run wrote no summary");
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
      terminal.out(["", ...summaryText(summary)]);
      terminal.out(ending(wrong.length === 0, data, store, prefix));
    }
    return wrong.length === 0 ? exitCodes.done : exitCodes.fault;
  } finally {
    await Promise.all([source.close(), anonymous.close(), archive.close()]);
  }
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

/** Sends the manifest message, and lets the deployed function work the queue until it is empty. */
async function workThroughQueue(url: string, signal: AbortSignal, tell: (line: string) => void, terminal: Terminal) {
  const environment = {
    TENCENTCLOUD_SECRETID: credentials.secretId,
    TENCENTCLOUD_SECRETKEY: credentials.secretKey,
    ORIGINALS_ENDPOINT: url,
    ORIGINALS_REGION: region,
    ORIGINALS_SOURCE: `cos://${sourceBucket}`,
    ORIGINALS_ARCHIVE: `cos://${archiveBucket}/photos/`,
    // The report is in the language of whoever looks at it.
    LC_ALL: process.env.LC_ALL,
    LC_MESSAGES: process.env.LC_MESSAGES,
    LANG: process.env.LANG,
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

function ending(asExpected: boolean, data: string, store: string, prefix: string): readonly string[] {
  if (!asExpected) return ["The demo did not end as expected: see above."];
  return [
    "As expected: 498 originals are archived, each byte as it was uploaded; 2 rows could not be, and a run of them",
    `(\`cos-originals run\`) ends with exit code ${exitCodes.failedKeys}. The demo itself ends with 0.`,
    "",
    `  report    ${join(data, "report", reportNames.page)}   (${reportNames.summary}, results and failures beside it)`,
    `  manifest  ${join(data, "manifest.jsonl")}`,
    `  archive   cos://${archiveBucket}/photos/   ledger and report in it below ${prefix}`,
    "",
    "See what lies in the buckets with:",
    `  TENCENTCLOUD_SECRETID=${credentials.secretId} TENCENTCLOUD_SECRETKEY=${credentials.secretKey} npx cos-originals emulator --data ${store} --port 9000`,
  ];
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
