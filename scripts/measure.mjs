// Measures what docs/performance.md and docs/scale.md say: memory of planning and status by rows, and requests, ledger and time per object.
// `npm run measure` (about ten minutes); `npm run measure -- --rows 1000000 --objects 10000` for less. Prints Markdown, --json JSON.
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runCommand, writeGzippedCsv } from "./measured-command.mjs";

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "10000000" },
    objects: { type: "string", default: "100000" },
    json: { type: "boolean", default: false },
  },
});
const root = fileURLToPath(new URL("..", import.meta.url));
const { createBucketClient, staticCredentials, startEmulator, systemClock } = await import(join(root, "dist/index.js"));
const credentials = { secretId: "AKIDmeasure", secretKey: "measure-secret" };
const source = "photos-1250000000";
const archive = "archive-1250000000";
const region = "ap-guangzhou";
const note = (text) => process.stderr.write(`${text}\n`);

const folder = await mkdtemp(join(tmpdir(), "originals-measure-"));
const emulator = await startEmulator({
  dataDir: join(folder, "cos"),
  credentials: [credentials],
  buckets: [{ name: source, protect: ["jpg"] }, { name: archive }],
});
const environment = {
  TENCENTCLOUD_SECRETID: credentials.secretId,
  TENCENTCLOUD_SECRETKEY: credentials.secretKey,
  ORIGINALS_ENDPOINT: emulator.url,
  ORIGINALS_REGION: region,
  ORIGINALS_SOURCE: `cos://${source}`,
  ORIGINALS_ARCHIVE: `cos://${archive}/photos/`,
};
const open = (bucket) =>
  createBucketClient({
    bucket,
    region,
    endpoint: emulator.url,
    credentials: staticCredentials(credentials),
    clock: systemClock,
  });

const command = (...args) => runCommand({ cli: join(root, "dist/cli.js"), args, environment, folder });

async function measurePlanning() {
  const table = [];
  for (let rows = 10_000; rows <= Number(options.rows); rows *= 10) {
    note(`planning ${rows.toLocaleString("en-US")} rows …`);
    const path = join(folder, `rows-${rows}.csv.gz`);
    await writeGzippedCsv(path, rows);
    const { result, peakMB, seconds } = await command("plan", "--manifest", path);
    if (result.rows !== rows) throw new Error(`the plan has ${result.rows} rows of ${rows}`);
    table.push({ rows, seconds, rowsPerSecond: Math.round(rows / seconds), peakMB });
    await rm(path);
  }
  return table;
}

/** A ledger of as many finished shards as `rows` make, written as a run would have. */
async function measureStatus() {
  const rows = Number(options.rows);
  const shards = Math.ceil(rows / 1000);
  note(`status of a run of ${shards.toLocaleString("en-US")} shards …`);
  const ledger = open(archive);
  const prefix = "photos/.originals/runs/measured/";
  const place = { bucket: archive, region, prefix: "photos/" };
  const request = {
    schema: "cos-originals/request@1",
    run: "measured",
    source: { bucket: source, region, prefix: "" },
    archive: place,
    rows: { kind: "listing", prefix: "" },
    options: {
      archiveKey: "{key}",
      proof: "auto",
      expect: "auto",
      ifExists: "skip",
      ifChanged: "archive",
      maxAttempts: 5,
      shardSize: 1000,
    },
    askedAt: new Date().toISOString(),
    tool: "measure",
  };
  const plan = "01M80000000000000000000000";
  const settled = { duplicates: 0, collisions: 0, invalid: 0 };
  const run = {
    schema: "cos-originals/run@1",
    run: "measured",
    plan,
    request,
    shards,
    rows,
    bytes: 0,
    settled,
    plannedAt: request.askedAt,
    tool: "measure",
  };
  await ledger.put(`${prefix}request.json`, Buffer.from(JSON.stringify(request)));
  await ledger.put(`${prefix}run.json`, Buffer.from(JSON.stringify(run)));
  const pad = (n, width) => String(n).padStart(width, "0");
  for (let from = 0; from < shards; from += 64) {
    const some = Array.from({ length: Math.min(64, shards - from) }, (_, n) => from + n);
    await Promise.all(
      some.map((shard) =>
        ledger.put(
          `${prefix}done/${pad(Math.floor(shard / 1000), 6)}/${pad(shard, 9)}~a1000~s0~f0~b16384000~${plan}`,
          Buffer.alloc(0),
        ),
      ),
    );
  }
  await ledger.close();
  const { result, peakMB, seconds } = await command("status", "measured");
  if (result.archived !== shards * 1000) throw new Error(`status counts ${result.archived} archived`);
  return { shards, seconds, peakMB };
}

async function measureObjects() {
  const objects = Number(options.objects);
  note(`archiving ${objects.toLocaleString("en-US")} objects of 1 KiB …`);
  const bucket = open(source);
  let csv = "Key,Size,ETag\n";
  for (let from = 0; from < objects; from += 64) {
    const some = Array.from({ length: Math.min(64, objects - from) }, (_, n) => from + n);
    const lines = await Promise.all(
      some.map(async (n) => {
        const key = `2026/${n}.jpg`;
        const bytes = Buffer.alloc(1024, n % 256);
        bytes.writeUInt32LE(n, 0);
        await bucket.put(key, bytes, { headers: { "content-type": "image/jpeg" } });
        return `${key},1024,${createHash("md5").update(bytes).digest("hex")}\n`;
      }),
    );
    csv += lines.join("");
  }
  await bucket.close();
  const path = join(folder, "objects.csv");
  await writeFile(path, csv);
  const table = [];
  for (const ifExists of ["overwrite", "skip"]) {
    const { result, peakMB, seconds } = await command(
      "run",
      "--manifest",
      path,
      "--run",
      `objects-${ifExists}`,
      "--if-exists",
      ifExists,
    );
    if (result.archived + result.skipped !== objects) throw new Error(`${result.archived} archived of ${objects}`);
    const perObject = Object.fromEntries(
      Object.entries(result.requests).map(([type, count]) => [type, count / objects]),
    );
    const ledger = open(archive);
    let bytes = 0;
    let count = 0;
    let marker;
    do {
      const page = await ledger.list({ prefix: `photos/.originals/runs/objects-${ifExists}/`, marker });
      for (const object of page.objects) {
        bytes += object.size;
        count++;
      }
      marker = page.nextMarker;
    } while (marker !== undefined);
    await ledger.close();
    table.push({
      ifExists,
      objects,
      seconds,
      objectsPerSecond: Math.round(objects / seconds),
      peakMB,
      perObject,
      ledgerBytesPerObject: bytes / objects,
      ledgerObjects: count,
    });
  }
  return table;
}

try {
  const measured = {
    node: process.version,
    planning: await measurePlanning(),
    status: await measureStatus(),
    objects: await measureObjects(),
  };
  if (options.json) console.log(JSON.stringify(measured, null, 2));
  else {
    const n = (value) => value.toLocaleString("en-US");
    console.log(`Node ${measured.node}\n\n| plan: rows | seconds | rows/s | peak RSS |\n|---|---|---|---|`);
    for (const { rows, seconds, rowsPerSecond, peakMB } of measured.planning) {
      console.log(`| ${n(rows)} | ${seconds.toFixed(1)} | ${n(rowsPerSecond)} | ${peakMB} MB |`);
    }
    const { shards, seconds, peakMB } = measured.status;
    console.log(`\nstatus of ${n(shards)} shards: ${seconds.toFixed(1)} s, peak RSS ${peakMB} MB\n`);
    console.log(
      "| run of | if-exists | objects/s | peak RSS | requests per object | ledger bytes per object |\n|---|---|---|---|---|---|",
    );
    for (const row of measured.objects) {
      const requests = Object.entries(row.perObject)
        .filter(([, count]) => count > 0)
        .map(([type, count]) => `${type} ${Number(count.toFixed(4))}`)
        .join(", ");
      console.log(
        `| ${n(row.objects)} | ${row.ifExists} | ${n(row.objectsPerSecond)} | ${row.peakMB} MB | ${requests} | ${row.ledgerBytesPerObject.toFixed(0)} |`,
      );
    }
  }
} finally {
  await emulator.close();
  await rm(folder, { recursive: true, force: true });
}
