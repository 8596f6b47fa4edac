// What the measurement and the benchmark both need: a gzipped CSV manifest of any number of rows, and the real command line with
// its time and its peak memory.
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
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
