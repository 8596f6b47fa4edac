/**
 * Manifests: how fast each format is read, alone from a file; how fast a run of it is planned, from the store to the last shard in
 * its ledger; and the real command line's `plan` of a gzipped CSV, beside the least that could be done with that file.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand, writeGzippedCsv } from "../../../scripts/measured-command.mjs";
import { bucketsOf, region } from "../bodies.ts";
import type { JobOrder, Took } from "../job.ts";
import { type ManifestFile, writeManifests } from "../manifest-files.ts";
import { ratio, type Spread, spread } from "../numbers.ts";
import type { Bench, Part } from "../part.ts";
import { environmentOf, openSurroundings } from "../planned-run.ts";
import { start, type Talking } from "../processes.ts";
import { shippedBytes } from "../shipped.ts";

export interface PlanResult {
  readonly rows: number;
  readonly formats: readonly {
    readonly name: string;
    /** Rows a second. */
    readonly reading: Spread;
    readonly planning: Spread;
  }[];
  readonly command: {
    readonly rows: number;
    readonly seconds: Spread;
    readonly peakMB: number;
    /** Of `zcat FILE | wc -l`; undefined where there is none. */
    readonly zcatSeconds: Spread | undefined;
    readonly toZcat: Spread | undefined;
  };
  /** What did not have as many rows as were written. */
  readonly wrong: readonly string[];
}

/** What of the rounds that are asked for is enough here. */
const mostRounds = 5;
const formatRows = 200_000;
const commandRows = 1_000_000;

export function createPlanPart({ flags, folder, dist, store, note }: Bench): Part<PlanResult> {
  const rounds = Math.min(flags.rounds, mostRounds);
  const rows = flags.objects ?? formatRows;
  shippedBytes(dist, "cli.js");
  return {
    name: "plan",
    async run() {
      const { origin, talking } = await store();
      const files = await mkdtemp(join(tmpdir(), "originals-bench-"));
      const wrong: string[] = [];
      try {
        await talking.ask({ order: "forget" });
        const formats = await measureFormats(files, origin, wrong);
        await talking.ask({ order: "forget" });
        const command = await measureCommand(files, origin, flags.objects ?? commandRows, wrong);
        return { rows, formats, command, wrong };
      } finally {
        await rm(files, { recursive: true, force: true });
      }
    },
    text: planText,
    isRight: ({ wrong }) => wrong.length === 0,
  };

  async function measureFormats(files: string, origin: string, wrong: string[]): Promise<PlanResult["formats"]> {
    const manifests = await writeManifests(files, rows);
    const etags = await upload(files, manifests, origin);
    const worker = await start(join(folder, "job.js"), 0, { flags: ["--expose-gc", ...flags.nodeFlags] });
    try {
      const measured: PlanResult["formats"][number][] = [];
      for (const manifest of manifests) {
        const { name, format } = manifest;
        const [key] = manifest.files;
        const reading = await rates(worker, `${name}, reading`, wrong, () => ({
          job: "read-manifest",
          options: { path: join(files, key), format, sourceBucket: bucketsOf.source },
        }));
        const planning = await rates(worker, `${name}, planning`, wrong, (round) => ({
          job: "plan-manifest",
          options: {
            origin,
            run: `plan-${manifests.indexOf(manifest)}-${round}`,
            key,
            etag: etags.get(key) ?? "",
            format,
          },
        }));
        measured.push({ name, reading, planning });
      }
      return measured;
    } finally {
      await worker.end();
    }
  }

  /** The first is for warming up. */
  async function rates(worker: Talking, what: string, wrong: string[], order: (round: number) => JobOrder) {
    const measured: number[] = [];
    for (let round = -1; round < rounds; round++) {
      note(`${what}: round ${round + 1} of ${rounds}`);
      const { ms, count } = await worker.ask<Took>(order(round));
      if (count !== rows) wrong.push(`${what}: ${count} rows`);
      if (round >= 0) measured.push((1000 * count) / ms);
    }
    return spread(measured);
  }

  async function measureCommand(
    files: string,
    origin: string,
    rows: number,
    wrong: string[],
  ): Promise<PlanResult["command"]> {
    const path = join(files, "rows.csv.gz");
    await writeGzippedCsv(path, rows);
    const [source, archive] = [bucketsOf.source, bucketsOf.archive].map((bucket) => `cos://${bucket}`);
    const environment = { ...environmentOf(origin), ORIGINALS_SOURCE: source, ORIGINALS_ARCHIVE: archive };
    const args = ["plan", "--manifest", path];
    const [ours, zcats, peaks]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      note(`plan of ${rows} rows: round ${round + 1} of ${rounds}`);
      const { result, seconds, peakMB } = await runCommand({
        cli: join(dist, "cli.js"),
        args,
        environment,
        folder: files,
      });
      const planned = (result as { readonly rows?: number }).rows;
      if (planned !== rows) wrong.push(`the command line: ${planned} rows`);
      ours.push(seconds);
      peaks.push(peakMB);
      const zcat = zcatSeconds(path, rows + 1);
      if (zcat !== undefined) zcats.push(zcat);
    }
    const hasZcat = zcats.length === rounds;
    return {
      rows,
      seconds: spread(ours),
      peakMB: Math.max(...peaks),
      zcatSeconds: hasZcat ? spread(zcats) : undefined,
      toZcat: hasZcat ? ratio(ours, zcats) : undefined,
    };
  }
}

async function upload(
  files: string,
  manifests: readonly ManifestFile[],
  origin: string,
): Promise<ReadonlyMap<string, string>> {
  const surroundings = openSurroundings(origin, 1);
  const bucket = surroundings.open("archive", { bucket: bucketsOf.archive, region });
  const etags = new Map<string, string>();
  for (const key of manifests.flatMap((manifest) => manifest.files)) {
    const { etag = "" } = await bucket.put(key, await readFile(join(files, key)));
    etags.set(key, etag);
  }
  await surroundings.close();
  return etags;
}

function zcatSeconds(path: string, lines: number): number | undefined {
  const from = performance.now();
  const { stdout } = spawnSync("sh", ["-c", 'zcat "$1" | wc -l', "sh", path], { encoding: "utf8" });
  const seconds = (performance.now() - from) / 1000;
  return Number(stdout) === lines ? seconds : undefined;
}

export function planText({ rows, formats, command, wrong }: PlanResult): string {
  const count = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  const rate = ({ median, least, most }: Spread) => `${count(median)} (${count(least)}–${count(most)})`.padStart(34);
  const range = ({ median, least, most }: Spread) => `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;
  const beside =
    command.toZcat === undefined || command.zcatSeconds === undefined
      ? "no `zcat FILE | wc -l` to compare it with"
      : `\`zcat FILE | wc -l\` ${range(command.zcatSeconds)} s: ${range(command.toZcat)} times as long`;
  return [
    `\nManifests of ${count(rows)} rows, rows/s, median (least–most)`,
    `  ${"".padEnd(16)}${"read alone".padStart(34)}${"planned, shards in the ledger".padStart(34)}`,
    ...formats.map(({ name, reading, planning }) => `  ${name.padEnd(16)}${rate(reading)}${rate(planning)}`),
    `  \`cos-originals plan\` of ${count(command.rows)} rows of gzipped CSV: ${range(command.seconds)} s, peak RSS ${command.peakMB} MB; ${beside}`,
    ...wrong.map((what) => `  WRONG: ${what}`),
  ].join("\n");
}
