/**
 * What --workers gains: the real command line, from its start to its end (planning and report included), against the store of the
 * race. The store is on one core and takes its share of it; the command line is not pinned, for that is what is measured.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { bucketsOf, credentials, type Facts, keyOf, region } from "../bodies.ts";
import { type Spread, spread } from "../numbers.ts";
import type { Bench, Part } from "../part.ts";
import type { Talking } from "../processes.ts";
import type { Checked } from "../store.ts";

export interface WorkersLap {
  readonly ms: number;
  /** Of all threads of the command line. */
  readonly cpuMs: number;
  readonly peakRssMB: number;
  /** CPU of the store. */
  readonly storeMs: number;
  /** Objects that were not put, or not put right. */
  readonly wrong: number;
}

export interface WorkersRow {
  readonly workers: number;
  readonly objects: number;
  readonly laps: readonly WorkersLap[];
  /** Objects a second. */
  readonly rate: Spread;
}

const label = "16KiB";
const counts = [1, 2, 4];
const concurrency = 32;

/** Says at its end, on descriptor 3, what the whole process used. */
const accountant = `import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
if (isMainThread) process.on("exit", () => writeSync(3, JSON.stringify(process.resourceUsage())));`;

export function createWorkersPart({ flags, dist, store, note }: Bench): Part<readonly WorkersRow[]> {
  const cli = join(dist, "cli.js");
  const objects = flags.objects ?? 50_000;
  const rounds = Math.min(flags.rounds, 3);
  return {
    name: "workers",
    async run() {
      const { talking, port } = await store();
      const facts = await talking.ask<readonly Facts[]>({ order: "facts", label });
      const folder = await mkdtemp(join(tmpdir(), "originals-bench-"));
      const laps = new Map<number, WorkersLap[]>(counts.map((workers) => [workers, []]));
      try {
        const manifest = join(folder, "manifest.jsonl");
        await writeFile(manifest, manifestOf(facts, objects));
        // Each in turn, so that what slows the machine down for a while slows down all.
        for (let round = 0; round < rounds; round++) {
          for (const workers of counts) {
            note(`workers: ${workers}, round ${round + 1} of ${rounds}`);
            laps.get(workers)?.push(await lap({ cli, talking, port, manifest, objects, workers }));
          }
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      return [...laps].map(([workers, all]) => ({
        workers,
        objects,
        laps: all,
        rate: spread(all.map(({ ms }) => (1000 * objects) / ms)),
      }));
    },
    text: workersText,
    isRight: (rows) => rows.every(({ laps }) => laps.every(({ wrong }) => wrong === 0)),
  };
}

function manifestOf(facts: readonly Facts[], objects: number): string {
  const lines: string[] = [];
  for (let index = 0; index < objects; index++) {
    const { size, etag } = facts[index % facts.length]!;
    lines.push(`${JSON.stringify({ key: keyOf(label, index), size, etag })}\n`);
  }
  return lines.join("");
}

async function lap(options: {
  readonly cli: string;
  readonly talking: Talking;
  readonly port: number;
  readonly manifest: string;
  readonly objects: number;
  readonly workers: number;
}): Promise<WorkersLap> {
  const { cli, talking, port, manifest, objects, workers } = options;
  await talking.ask({ order: "forget" });
  const before = await talking.ask<{ cpuMs: number }>({ order: "cpu" });
  const from = performance.now();
  const used = await runCli(cli, port, [
    "run",
    "--json",
    "--quiet",
    ...["--source", `cos://${bucketsOf.source}`, "--archive", `cos://${bucketsOf.archive}`, "--region", region],
    ...["--manifest", manifest, "--run", "bench", "--if-exists", "overwrite", "--proof", "content-md5"],
    ...["--concurrency", String(concurrency), "--workers", String(workers)],
  ]);
  const ms = performance.now() - from;
  const after = await talking.ask<{ cpuMs: number }>({ order: "cpu" });
  const { right, wrong } = await talking.ask<Checked>({ order: "check", label, objects });
  return { ms, ...used, storeMs: after.cpuMs - before.cpuMs, wrong: wrong + objects - right };
}

async function runCli(cli: string, port: number, args: readonly string[]) {
  const accounting = `data:text/javascript,${encodeURIComponent(accountant)}`;
  const child = spawn(process.execPath, ["--import", accounting, cli, ...args], {
    env: {
      PATH: process.env.PATH,
      ORIGINALS_ENDPOINT: `http://127.0.0.1:${port}`,
      TENCENTCLOUD_SECRETID: credentials.secretId,
      TENCENTCLOUD_SECRETKEY: credentials.secretKey,
    },
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  let told = "";
  child.stdio[3]?.on("data", (chunk) => {
    told += chunk;
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`cos-originals ${args.join(" ")} ended with ${code}`);
  const used: NodeJS.ResourceUsage = JSON.parse(told);
  return { cpuMs: (used.userCPUTime + used.systemCPUTime) / 1000, peakRssMB: used.maxRSS / 1024 };
}

export function workersText(rows: readonly WorkersRow[]): string {
  const whole = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const median = (row: WorkersRow, of: (lap: WorkersLap) => number) => spread(row.laps.map(of)).median;
  const alone = rows.find(({ workers }) => workers === 1)?.rate.median ?? Number.NaN;
  const head = ["workers", "objects/s", "least", "most", "to one", "CPU µs/obj", "cores", "store", "RSS MB"];
  const table = rows.map((row) => {
    const { workers, objects, rate } = row;
    const wrong = row.laps.reduce((sum, lap) => sum + lap.wrong, 0);
    const cells = [
      String(workers),
      ...[rate.median, rate.least, rate.most].map(whole),
      (rate.median / alone).toFixed(2),
      whole(median(row, ({ cpuMs }) => (1000 * cpuMs) / objects)),
      median(row, ({ cpuMs, ms }) => cpuMs / ms).toFixed(2),
      median(row, ({ storeMs, ms }) => storeMs / ms).toFixed(2),
      whole(median(row, ({ peakRssMB }) => peakRssMB)),
    ];
    return { cells, after: wrong > 0 ? `   ${wrong} OBJECTS WRONG` : "" };
  });
  const lines = [{ cells: head, after: "" }, ...table].map(
    ({ cells, after }) => `  ${cells.map((cell) => cell.padStart(11)).join("")}${after}`,
  );
  return [
    `\n--workers: ${label}, ${whole(rows[0]?.objects ?? 0)} objects, concurrency ${concurrency}, the whole command line`,
    ...lines,
    `  ${availableParallelism()} cores in all; "cores" and "store" say how many the command line and the store kept busy.`,
  ].join("\n");
}
