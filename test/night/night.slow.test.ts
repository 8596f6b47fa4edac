/**
 * One night of the real command against an embedded COS of which every fault and every doubtful behaviour comes at a low rate. NIGHT_ROWS and
 * NIGHT_SEED say how long it is, and which.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, it } from "vitest";
import { defaultSwitches, type Emulator, type Switches, startEmulator } from "../../src/emulator/emulator.ts";
import { parseSummary } from "../../src/report/summary.ts";
import { type Built, build, runCli } from "../runtime/cli/built.ts";
import { archive, credentials, source } from "../runtime/cli/lab.ts";
import "../setup/long.ts";
import { seededRandom } from "../simulation/world.ts";
import { beginWeather, gustNames, type Side, turned } from "./weather.ts";

const ROWS = Number(process.env.NIGHT_ROWS ?? 800);
const seed = Number(process.env.NIGHT_SEED ?? Date.now() % 1_000_000);
/** Of a long night. A short one is rougher, so that it meets as much. */
const rate = ROWS >= 10_000 ? 0.01 : 0.04;
const prefix = "night/";
const ledger = `${prefix}.originals/`;

let built: Built;
let folder: string;
let emulator: Emulator;
/** When something was archived, or a line was written, in ms. */
const words: number[] = [];
beforeAll(async () => {
  built = await build();
  folder = await mkdtemp(join(tmpdir(), "originals-night-"));
  emulator = await startEmulator({
    dataDir: join(folder, "cos"),
    credentials: [credentials],
    buckets: [{ name: source, protect: "all" }, { name: archive }],
    onServed: ({ operation, bucket, key, status }) => {
      if (operation === "object.put" && bucket === archive && !key.startsWith(ledger) && status === 200) {
        words.push(performance.now());
      }
    },
  });
});
afterAll(async () => {
  await emulator?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Original {
  readonly line: object;
  readonly key: string;
  /** How its row ends on a fair night. */
  readonly ends: "archived" | "skipped" | "failed";
}

/** Rows of all kinds: whose manifest knows much or nothing, empty and large ones, twice the same, gone, and changed since. */
function fill(random: () => number): readonly Original[] {
  const bucket = emulator.bucket(source);
  const all: Original[] = [];
  for (let n = 0; all.length < ROWS; n++) {
    const key = `album ${n % 7}/${n} 夏+%20&=.${n % 3 === 0 ? "PNG" : "jpg"}`;
    const kind = n % 200;
    if (kind === 17) {
      all.push({ line: { key }, key, ends: "failed" });
      continue;
    }
    const size =
      kind === 3 ? 0 : kind === 5 ? 200_000 : n % 1_000 === 7 ? 2_500_000 : 100 + Math.floor(random() * 4_000);
    const bytes = Buffer.alloc(size, `the original ${n} of ${seed}, ${random()}; `);
    const headers = { "content-type": "image/jpeg", "x-cos-meta-n": String(n) };
    if (kind === 29) {
      const { etag } = bucket.put(key, Buffer.from(`as it was before ${n}`), headers);
      all.push({ line: { key, etag, size: 20 + `${n}`.length }, key, ends: "archived" });
      bucket.put(key, bytes, headers);
      continue;
    }
    const { etag, crc64 } = bucket.put(key, bytes, headers);
    const line = n % 3 === 0 ? { key } : n % 3 === 1 ? { key, size, etag } : { key, size, etag, crc64 };
    all.push({ line, key, ends: "archived" });
    if (kind === 41) all.push({ line, key, ends: "skipped" });
  }
  return all.slice(0, ROWS);
}

async function work(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [built.cli, ...args], { env: { PATH: process.env.PATH ?? "", ...env } });
  const lines: string[] = [];
  let stdout = "";
  words.push(performance.now());
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    words.push(performance.now());
    lines.push(...String(chunk).trimEnd().split("\n"));
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  words.push(performance.now());
  return { code, stdout, lines };
}

// What it would catch: a fault that nobody thought of beside another, rows that are lost or counted twice, bytes of one fault stored as an
// original, a fetch that is not counted, a failure that nothing explains, and a wait that nobody is told of.
it(`${ROWS} rows on a bad night add up, are right to the byte, and never stand still in silence`, async () => {
  const random = seededRandom(seed);
  const originals = fill(random);
  const digest = (bytes: Buffer | undefined) => bytes && createHash("sha256").update(bytes).digest("base64");
  const before = new Map(
    emulator
      .bucket(source)
      .keys()
      .map((key) => [key, digest(emulator.bucket(source).get(key)?.bytes)]),
  );
  const manifest = join(folder, "night.jsonl");
  await writeFile(manifest, originals.map(({ line }) => `${JSON.stringify(line)}\n`).join(""));
  const sideOf = ({
    bucket,
    key,
    query,
  }: {
    bucket: string | undefined;
    key: string;
    query: readonly (readonly [string, string])[];
  }): Side => {
    if (bucket === source) return "source";
    const listed = key === "" ? query.find(([name]) => name === "prefix")?.[1] : key;
    return listed?.startsWith(ledger) ? "ledger" : "archive";
  };
  const weather = beginWeather({
    emulator,
    random,
    faultRate: rate,
    switchRate: rate,
    sideOf,
    rowOf: ({ key }) => (key.startsWith(prefix) ? key.slice(prefix.length) : key),
  });
  const env = {
    TENCENTCLOUD_SECRETID: credentials.secretId,
    TENCENTCLOUD_SECRETKEY: credentials.secretKey,
    ORIGINALS_ENDPOINT: emulator.url,
    ORIGINALS_REGION: "ap-guangzhou",
    ORIGINALS_ARCHIVE: `cos://${archive}/${prefix}`,
  };
  const asked = ["--source", `cos://${source}`, "--manifest", manifest, "--shard-size", "250"];
  const { code, stdout, lines } = await work(["run", "--run", "night", "--json", ...asked], env);
  weather.end();
  const tale = `seed ${seed}; it said:\n${lines.slice(-30).join("\n")}\n${stdout}`;
  const requests = Object.fromEntries([...weather.requests].sort());
  const gaps = words.slice(1).map((at, n) => at - (words[n] as number));
  const longest = Math.max(...gaps) / 1_000;

  expect(stdout, tale).toContain("cos-originals/summary@1");
  const summary = parseSummary(JSON.parse(stdout));
  console.log(
    `a night of ${ROWS} rows, seed ${seed}: exit ${code}, ${summary.state}; ${summary.archived} archived, ${summary.skipped} skipped, ${summary.failed} failed, ${summary.pending} pending in ${summary.seconds} s; ${lines.length} lines of log, nothing for ${longest.toFixed(1)} s at most\nrequests: ${JSON.stringify(requests)}\nof the summary: ${JSON.stringify(summary.requests)}, ${summary.retries} retries\nmet: ${JSON.stringify(Object.fromEntries([...weather.met].sort()))}\nfailures: ${JSON.stringify(summary.failures?.map(({ code: why, count }) => [why, count]))}`,
  );

  // It adds up.
  expect({ code, state: summary.state, rows: summary.rows, pending: summary.pending }, tale).toEqual({
    code: 3,
    state: "complete",
    rows: ROWS,
    pending: 0,
  });
  expect(summary.archived + summary.skipped + summary.failed, tale).toBe(ROWS);

  // What its results say of each row is so.
  const out = join(folder, "report");
  expect((await runCli(built.cli, ["report", "night", "--out", out], env)).code, tale).toBe(0);
  const files = (await readdir(out)).filter((name) => name.startsWith("results-")).sort();
  const results: Record<string, string>[] = [];
  for (const name of files) {
    results.push(
      ...(parse(gunzipSync(await readFile(join(out, name))), { columns: true, skip_empty_lines: true }) as Record<
        string,
        string
      >[]),
    );
  }
  expect(
    results.map(({ Key }) => Key),
    tale,
  ).toEqual(originals.map(({ key }) => key));
  const counted = { archived: 0, skipped: 0, failed: 0 };
  const unexplained: string[] = [];
  for (const [n, { Key: key = "", Outcome, ErrorCode, ResultMessage }] of results.entries()) {
    counted[Outcome as keyof typeof counted]++;
    const held = emulator.bucket(archive).get(`${prefix}${key}`)?.bytes;
    if (Outcome === "archived") expect(digest(held), `${key}; ${tale}`).toBe(before.get(key));
    else if (held !== undefined) expect(digest(held), `${key}, ${Outcome}; ${tale}`).toBe(before.get(key));
    if (Outcome === originals[n]?.ends) continue;
    // A row that ends otherwise than on a fair night met something that ends rows, or more than one thing.
    const blows = weather.blows(key);
    if (blows.length > 1 || blows.some((blow) => blow.includes("ends"))) continue;
    unexplained.push(`${key}: ${Outcome} ${ErrorCode} ${ResultMessage}, after ${JSON.stringify(blows)}`);
  }
  expect(unexplained, tale).toEqual([]);
  expect(counted, tale).toEqual({ archived: summary.archived, skipped: summary.skipped, failed: summary.failed });
  expect(
    emulator
      .bucket(source)
      .keys()
      .map((key) => [key, digest(emulator.bucket(source).get(key)?.bytes)]),
    tale,
  ).toEqual([...before]);

  // Requests are those that the service counted, but for those that a kept connection lost.
  for (const [of, name] of [
    ["source object.original", "source.get"],
    ["source object.head", "source.head"],
    ["archive object.put", "archive.put"],
    ["archive object.head", "archive.head"],
  ] as const) {
    const told = summary.requests?.[name] ?? 0;
    const arrived = weather.requests.get(of) ?? 0;
    expect(arrived, `${name}; ${tale}`).toBeGreaterThanOrEqual(told);
    expect(arrived, `${name}; ${tale}`).toBeLessThanOrEqual(told + (weather.resets.get(of) ?? 0));
  }

  expect(longest, `seconds without a word; ${tale}`).toBeLessThan(60);
  if (ROWS >= 10_000) {
    const switches = new Set(turned.flatMap(({ changes }) => Object.keys(changes)));
    expect([...gustNames, ...switches].filter((name) => !weather.met.has(name))).toEqual([]);
  }
});

it("is a night of every switch that there is", () => {
  const names = new Set(turned.flatMap(({ changes }) => Object.keys(changes as Switches)));
  expect([...names].sort()).toEqual(Object.keys(defaultSwitches).sort());
});
