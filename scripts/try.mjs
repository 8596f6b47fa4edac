// `npm run try`: the distributed way, once, with the built command. An emulator with a queue, pictures that it is seeded with, a run that is
// submitted, three workers, one of them killed with -9 in the middle, and the report. Takes about a minute, half of which the queue hides the dead
// worker's message. `--rows N --workers N --rate N/s --shard-size N`; `--data DIR`, where the report stays.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    rows: { type: "string", default: "1000" },
    workers: { type: "string", default: "3" },
    rate: { type: "string", default: "200/s" },
    "shard-size": { type: "string", default: "100" },
    data: { type: "string", default: "try-data" },
    cli: { type: "string", default: fileURLToPath(new URL("../dist/cli.js", import.meta.url)) },
  },
});
const [rows, workers] = [Number(flags.rows), Number(flags.workers)];
if (!(rows >= 10 && rows <= 100_000) || !(workers >= 2 && workers <= 16)) {
  console.error("try: --rows is 10 to 100000, and --workers 2 to 16.");
  process.exit(2);
}
const data = resolve(flags.data);
const marker = join(data, ".cos-originals-try");
if (existsSync(data) && !existsSync(marker) && readdirSync(data).length > 0) {
  console.error(`try: --data ${data} is a folder with other things in it; name one that is empty, or does not exist.`);
  process.exit(2);
}

const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1000).toFixed(0).padStart(3)} s`;
const tell = (line) => console.log(`${seconds()}  ${line}`);
const many = (count, thing) =>
  `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : thing.endsWith("ch") ? "es" : "s"}`;

/** Seconds that the queue hides a message: the least that a worker may say, and how long the dead one's shard waits. */
const visibility = 30;
/** After which something is wrong. */
const longestMs = 120_000 + rows * 10;
const run = "try";
const [photos, archive] = ["photos-1250000000", "archive-1250000000"];
/** Known to everybody, and accepted by this emulator alone. */
const keys = { TENCENTCLOUD_SECRETID: "AKIDtry", TENCENTCLOUD_SECRETKEY: "try-secret-key" };

/** What is running, so that nothing is left behind. */
const children = new Set();
let environment = { ...process.env, ...keys };

/** Starts a command. `ended` resolves with its code and what it printed. */
function start(args, onLine = () => undefined) {
  const child = spawn(process.execPath, [flags.cli, ...args], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  const [stdout, stderr] = [[], []];
  const read = (stream, into, heard) =>
    createInterface({ input: stream }).on("line", (line) => {
      into.push(line);
      heard(line);
    });
  read(child.stdout, stdout, onLine);
  read(child.stderr, stderr, () => undefined);
  const ended = new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", (code, signal) => {
      children.delete(child);
      done({ code, signal, stdout: stdout.join("\n"), stderr: stderr.join("\n") });
    });
  });
  return { child, ended };
}

async function command(...args) {
  const { code, stdout, stderr } = await start(args).ended;
  if (code !== 0) throw new Error(`cos-originals ${args[0]} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

/** A picture of 8 × 8 pixels, each of another colour: BMP needs no compression. */
function picture(n) {
  const pixels = Buffer.alloc(8 * 8 * 3, String(n));
  const head = Buffer.alloc(54);
  head.write("BM");
  for (const [at, value] of [
    [2, head.length + pixels.length],
    [10, head.length],
    [14, 40],
    [18, 8],
    [22, 8],
  ]) {
    head.writeUInt32LE(value, at);
  }
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  return Buffer.concat([head, pixels]);
}

function makePictures(folder) {
  for (let n = 0; n < rows; n++) {
    const month = join(folder, "2026", String(1 + (n % 12)).padStart(2, "0"));
    if (n < 12) mkdirSync(month, { recursive: true });
    writeFileSync(join(month, `picture ${n}.bmp`), picture(n));
  }
}

/** Starts it, and resolves once it listens, with what others are to be told. */
function startEmulator() {
  const buckets = ["--bucket", photos, "--bucket", archive, "--protect", `${photos}=all`];
  const places = ["--data", join(data, "cos"), "--seed", `${photos}=${join(data, "pictures")}`];
  return new Promise((listening, failed) => {
    const args = ["emulator", "--json", "--port", "0", "--queue", "--queue-port", "0", ...buckets, ...places];
    const { ended } = start(args, (line) => listening(JSON.parse(line)));
    ended.then(({ code, stderr }) => failed(new Error(`the emulator ended with ${code}: ${stderr}`)), failed);
  });
}

/** Watches the run to its end: tells how far it is, and calls `onMoving` once rows are archived. Resolves with its exit code. */
function watch(onMoving) {
  let last = -1;
  return start(["status", run, "--watch", "--full", "--json"], (line) => {
    const { archived, pending, state, rows: planned } = JSON.parse(line);
    if (archived !== last && planned > 0)
      tell(`  status: ${state}, ${many(archived, "row")} archived, ${pending} pending`);
    last = archived;
    if (archived > 0 && pending > 0) onMoving();
  }).ended;
}

async function tryIt() {
  mkdirSync(data, { recursive: true });
  writeFileSync(marker, "npm run try of cos-originals makes this folder anew each time.\n");
  for (const name of ["cos", "pictures", "report"]) rmSync(join(data, name), { recursive: true, force: true });
  makePictures(join(data, "pictures"));
  const { url, queue, variables, seeded } = await startEmulator();
  environment = { ...environment, ...variables };
  tell(`An embedded COS listens on ${url}, with a queue beside it: ${queue}`);
  tell(`${photos} holds ${many(seeded[0].objects, "picture")}, all under Original Image Protection.`);

  await command("submit", "--list", "--run", run, "--shard-size", flags["shard-size"]);
  const pace = ["--rate", flags.rate, "--max-instances", String(workers), "--concurrency", "8"];
  const working = Array.from({ length: workers }, () =>
    start(["work", "--drain", "--visibility", String(visibility), "--json", ...pace]),
  );
  tell(
    `A run of them is submitted, and ${workers} workers begin: processes ${working.map(({ child }) => child.pid).join(", ")}.`,
  );

  const [victim, ...others] = working;
  const killed = victim.ended.then(({ signal }) => signal);
  const watched = watch(() => {
    if (!victim.child.kill("SIGKILL")) return;
    tell(
      `Process ${victim.child.pid} is killed with -9 in the middle; its shard comes back once the queue shows it again.`,
    );
  });
  const ends = await Promise.all(others.map(({ ended }) => ended));
  if ((await killed) !== "SIGKILL") throw new Error("the worker ended before it was killed; try more rows");
  const { code } = await watched;
  for (const { code: own, stderr } of ends) if (own !== 0) throw new Error(`a worker ended with ${own}: ${stderr}`);

  await command("report", run, "--out", join(data, "report"));
  const verified = JSON.parse(await command("verify", run, "--json"));
  const summary = JSON.parse(readFileSync(join(data, "report/summary.json"), "utf8"));
  tell(
    `The run is ${summary.state}: ${many(summary.rows, "row")}, ${summary.archived} archived, ${summary.failed} failed, ${summary.pending} pending; ` +
      `${verified.same} of them are in the archive as they were proven.`,
  );
  tell(
    `The ledger knows of ${many(summary.requests["source.get"], "fetch")}; what the killed worker had under way is not among them.`,
  );
  tell(`report  ${join(flags.data, "report", "report.html")}   (summary.json and results beside it)`);
  const right = code === 0 && summary.state === "complete" && summary.archived === rows && verified.same === rows;
  if (!right)
    throw new Error(`${rows} rows were to be archived, and the run did not end so; status ended with ${code}`);
}

const kill = () => {
  for (const child of children) child.kill("SIGKILL");
};
const late = setTimeout(() => {
  console.error(`try: not over after ${longestMs / 1000} s; it is stopped.`);
  process.exitCode = 1;
  kill();
}, longestMs);
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    process.exitCode = 130;
    kill();
  });
}
try {
  await tryIt();
} catch (error) {
  process.exitCode ||= 1;
  console.error(`try: ${error.message}`);
} finally {
  clearTimeout(late);
  kill();
  for (const name of ["cos", "pictures"]) rmSync(join(data, name), { recursive: true, force: true, maxRetries: 5 });
}
