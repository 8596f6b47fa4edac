// What the measurement and the benchmark both need: a gzipped CSV manifest of any number of rows, the real command line with its time
// and its peak memory, and any command with its time, CPU and memory.
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { createGzip } from "node:zlib";

/** Key, size and ETag of a row; keys of different lengths, as in a bucket. */
export function manifestRow(row) {
  const key = `2026/11/22/${row.toString(36)}/picture-${row}.jpg`;
  return { key, size: 16384 + (row % 1000), etag: String(row).padStart(32, "0") };
}

export async function writeGzippedCsv(path, rows) {
  const gzip = createGzip({ level: 1 });
  const file = createWriteStream(path);
  gzip.pipe(file);
  gzip.write("Key,Size,ETag\n");
  for (let row = 0; row < rows; ) {
    let lines = "";
    for (const end = Math.min(rows, row + 10_000); row < end; row++) {
      const { key, size, etag } = manifestRow(row);
      lines += `${key},${size},${etag}\n`;
    }
    if (!gzip.write(lines)) await new Promise((resolve) => gzip.once("drain", resolve));
  }
  gzip.end();
  await finished(file);
}

/** Runs the command line; resolves with its JSON, its peak RSS in MB, and its seconds. `folder` takes the hook that tells the peak. */
export async function runCommand({ cli, args, environment, folder }) {
  const hook = join(folder, "peak.cjs");
  await writeFile(
    hook,
    "process.on('exit',()=>require('node:fs').writeSync(3,String(process.resourceUsage().maxRSS)))",
  );
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["--require", hook, cli, ...args, "--json"], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  let out = "";
  let peak = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stdio[3].on("data", (chunk) => {
    peak += chunk;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  const seconds = (performance.now() - startedAt) / 1000;
  if (out === "") throw new Error(`the command line ended with ${code} and said nothing: ${args.join(" ")}`);
  return { result: JSON.parse(out), peakMB: Math.round(Number(peak) / 1024), seconds };
}

/** Starts the command beside the shell, tells its number, waits, and tells what its children took (POSIX `times`). */
const measuring = '"$@" & echo "$!" >&3; wait "$!"; code=$?; times >&3; exit "$code"';
const LOOK_MS = 20;

/**
 * Runs any command by a POSIX shell; resolves with its exit code, the end of what it wrote to standard error, its seconds, the CPU it used (user and
 * system, of all its threads) and its peak RSS in MB, undefined where there is no /proc to read it from.
 */
export async function runMeasured({ command, environment }) {
  const startedAt = performance.now();
  const child = spawn("sh", ["-c", measuring, "sh", ...command], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  let told = "";
  let errors = "";
  let peakKB;
  let looking;
  const look = async (pid) => {
    const status = await readFile(`/proc/${pid}/status`, "latin1").catch(() => "");
    const peak = /^VmHWM:\s*(\d+) kB/m.exec(status)?.[1];
    if (peak !== undefined) peakKB = Math.max(peakKB ?? 0, Number(peak));
  };
  child.stderr.on("data", (chunk) => {
    errors = (errors + chunk).slice(-2000);
  });
  child.stdio[3].on("data", (chunk) => {
    told += chunk;
    const pid = /^(\d+)\n/.exec(told)?.[1];
    if (pid !== undefined) looking ??= setInterval(look, LOOK_MS, pid);
  });
  const code = await new Promise((resolve, reject) => {
    child.on("close", resolve);
    child.on("error", reject);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  clearInterval(looking);
  const times = [...told.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, rest]) => 60 * Number(minutes) + Number(rest));
  // The shell's own come first, then its children's.
  const cpuSeconds = (times[2] ?? Number.NaN) + (times[3] ?? Number.NaN);
  return { code, errors, seconds, cpuSeconds, peakMB: peakKB === undefined ? undefined : Math.round(peakKB / 1024) };
}
