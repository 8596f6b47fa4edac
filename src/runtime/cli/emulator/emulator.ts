/** `cos-originals emulator`: serves the embedded COS, and with --queue a queue beside it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { createBucketClient } from "../../../cos/client.ts";
import { staticCredentials } from "../../../credentials/credentials.ts";
import { environmentCredentials } from "../../../credentials/environment.ts";
import {
  type BucketOptions,
  defaultSwitches,
  type Emulator,
  type EmulatorCredentials,
  startEmulator,
} from "../../../emulator/emulator.ts";
import type { Likeness } from "../../../emulator/faults/findings.ts";
import { slimmable } from "../../../emulator/operations/image-slim.ts";
import { formatBytes } from "../../../report/quantity.ts";
import { systemClock } from "../../../vocabulary/clock.ts";
import { counted, formatCount } from "../../../vocabulary/counted.ts";
import { quote, UserError } from "../../../vocabulary/errors.ts";
import { readFindings } from "../../settings/findings.ts";
import { addCommonFlags, type Flags } from "../input/setting-flags.ts";
import { type ExitCode, exitCodes } from "../terminal/exit-codes.ts";
import { onInterrupt } from "../terminal/interrupt.ts";
import { reachedAt, reachedText } from "../terminal/reached-at.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type OfBucket, ofBuckets, saidOf, suffixesOf } from "./bucket-flags.ts";
import { type LocalQueue, openLocalQueue } from "./local-queue.ts";
import { type Seeded, seedBucket } from "./seed.ts";
import { switchesOf } from "./switch-flags.ts";
import { exportLines, variablesFor } from "./variables.ts";

const collect = (value: string, before: readonly string[] = []) => [...before, value];

export function describeEmulator(command: Command): void {
  addCommonFlags(
    command
      .option("--port <N>", "port to listen on, 0 for any that is free", "9000")
      .option("--host <ADDRESS>", "address to listen on; 0.0.0.0 is every one of this machine's", "127.0.0.1")
      .option("--data <DIR>", "where objects are kept (default: a temporary folder, removed at the end)")
      .option("--bucket <NAME-APPID>", "bucket to create where there is none; may be given several times", collect)
      .option(
        "--protect <SUFFIXES>",
        "suffixes under Original Image Protection, jpg,png,… or all: in all these buckets, or as BUCKET=SUFFIXES in one; may be given several times",
        collect,
      )
      .option(
        "--seed <DIR>",
        "put the files of this folder into the first of these buckets, or as BUCKET=DIR into another; may be given several times",
        collect,
      )
      .option(
        "--queue",
        "serve an SQS-compatible queue too, and print the settings that use both (needs the package fauxqs)",
      )
      .option("--queue-port <N>", "port of the queue, 0 for any that is free", "9324")
      .option("--slim <SUFFIXES>", "suffixes under Smart Compression in mode Auto, in all these buckets: jpg,png,gif")
      .option("--as <FILE>", "behave as the bucket did whose findings are in this file (doctor --probe --json)")
      .option("--switch <NAME=VALUE>", "a doubtful behaviour of the service; may be given several times", collect)
      .addHelpText(
        "after",
        `
Credentials that it accepts come from the environment: TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY, and those of
ORIGINALS_ARCHIVE_* where they are set. Point clients to it with --endpoint http://127.0.0.1:PORT.

Switches: ${Object.keys(defaultSwitches).join(", ")}

Examples:
  cos-originals emulator --port 9000 --data ./cos --bucket photos-1250000000 --bucket archive-1250000000 --protect jpg,png
  cos-originals emulator --queue --bucket photos-1250000000 --bucket archive-1250000000 --protect photos-1250000000=all --seed ./pictures`,
      ),
    false,
  );
}

interface Asked {
  readonly names: readonly string[];
  readonly protect: readonly OfBucket[];
  readonly slim: readonly OfBucket[];
  readonly seed: readonly OfBucket[];
}

export async function emulatorCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const port = portOf("--port", flags.port, 9000);
  const queuePort = portOf("--queue-port", flags.queuePort, 9324);
  const host = String(flags.host);
  const like = typeof flags.as === "string" ? likenessIn(flags.as, terminal) : undefined;
  // Of plain GETs it is a bucket's setting too, which is not to be every bucket's.
  const isSlim = like?.switches.smartCompression === "plain";
  const switches = {
    ...like?.switches,
    ...(isSlim ? { smartCompression: "off" as const } : {}),
    ...switchesOf(flags.switch),
  };
  const names = Array.isArray(flags.bucket) ? flags.bucket.map(String) : [];
  const asked: Asked = {
    names,
    protect: ofBuckets("--protect", flags.protect, names),
    slim: ofBuckets("--slim", flags.slim, names),
    seed: ofBuckets("--seed", flags.seed, names),
  };
  const credentials = acceptedCredentials();
  const interrupt = onInterrupt(terminal, "Stopping: requests under way have a second to end.");
  const { signal } = interrupt;
  const temporary =
    typeof flags.data === "string" ? undefined : await mkdtemp(join(tmpdir(), "cos-originals-emulator-"));
  const dataDir = temporary ?? String(flags.data);
  const ending: (() => Promise<void>)[] = [];
  try {
    // One bucket was found out about; what is archived lies in another.
    const buckets = names.map((name, at) => bucketOf(name, asked, at === 0 ? { ...like, isSlim } : {}));
    const emulator = await startEmulator({ port, host, dataDir, buckets, credentials, switches, log: terminal.log });
    ending.push(emulator.close);
    noteProtected(asked, terminal);
    const queue = flags.queue === true ? await openLocalQueue(queuePort, host) : undefined;
    if (queue !== undefined) ending.push(queue.close);
    const seeded = await seedAll(emulator, asked, dataDir, credentials, signal, terminal);
    if (signal.aborted) return exitCodes.done;
    if (flags.json === true) terminal.out(JSON.stringify(documentOf(emulator, queue, names, seeded)));
    else terminal.out(textOf(emulator, queue, names, seeded));
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve());
    });
  } finally {
    await Promise.all(ending.map((end) => end()));
    interrupt.dispose();
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
  return exitCodes.done;
}

function bucketOf(
  name: string,
  { protect, slim }: Asked,
  like: Partial<Pick<Likeness, "protect">> & { readonly isSlim?: boolean },
): BucketOptions {
  const protectedBy = saidOf(name, protect);
  const slimBy = saidOf(name, slim);
  const slimmed = slimBy === undefined ? (like.isSlim ? slimmable : undefined) : suffixesOf("--slim", slimBy);
  const suffixes =
    protectedBy === undefined
      ? like.protect
      : protectedBy.value === "all"
        ? "all"
        : suffixesOf("--protect", protectedBy);
  return {
    name,
    ...(suffixes === undefined ? {} : { protect: suffixes }),
    ...(slimmed === undefined ? {} : { slim: slimmed }),
  };
}

/** An archive is seldom protected, and whoever names suffixes alone may think of one bucket. */
function noteProtected({ names, protect }: Asked, terminal: Terminal): void {
  const general = protect.findLast(({ bucket }) => bucket === undefined);
  const meant = names.filter((name) => saidOf(name, protect) === general);
  if (general === undefined || meant.length < 2) return;
  terminal.note(
    `--protect ${general.text} protects ${meant.join(" and ")}; --protect ${meant[0]}=${general.value} would protect that one alone.`,
  );
}

interface SeededBucket extends Seeded {
  readonly bucket: string;
  readonly folder: string;
}

async function seedAll(
  emulator: Emulator,
  { names, seed }: Asked,
  dataDir: string,
  credentials: readonly EmulatorCredentials[],
  signal: AbortSignal,
  terminal: Terminal,
): Promise<readonly SeededBucket[]> {
  const seeded: SeededBucket[] = [];
  for (const { bucket: named, value: folder } of seed) {
    const bucket = named ?? names[0] ?? "";
    const client = createBucketClient({
      bucket,
      region: "ap-guangzhou",
      endpoint: emulator.url,
      allowHttp: [new URL(emulator.url).host],
      credentials: credentials[0] && staticCredentials(credentials[0]),
      clock: systemClock,
    });
    const onProgress = ({ objects, bytes }: Seeded) =>
      terminal.status(`${bucket}: ${counted(objects, "object")} put, ${formatBytes(bytes)}`);
    try {
      seeded.push({ bucket, folder, ...(await seedBucket({ folder, bucket: client, dataDir, signal, onProgress })) });
    } finally {
      terminal.status("");
      await client.close();
    }
  }
  return seeded;
}

function textOf(
  { url }: Emulator,
  queue: LocalQueue | undefined,
  names: readonly string[],
  seeded: readonly SeededBucket[],
): readonly string[] {
  const lines = seeded.map(
    ({ bucket, folder, objects, bytes, passedOver }) =>
      `${bucket} holds ${counted(objects, "object")} of ${quote(folder)}, ${formatBytes(bytes)}${passedOver === 0 ? "" : `; ${formatCount(passedOver)} passed over, as they can be no objects`}`,
  );
  if (queue === undefined) return [...lines, `listening on ${reachedText(url)}`];
  return [
    ...lines,
    `listening on ${reachedText(url)}`,
    `the queue is ${reachedText(queue.queue)}`,
    "Other commands use them with this, and with TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY as they are here:",
    ...exportLines(variablesFor(url, names, queue)),
  ];
}

function documentOf(
  { url, port }: Emulator,
  queue: LocalQueue | undefined,
  names: readonly string[],
  seeded: readonly SeededBucket[],
) {
  const { here, elsewhere } = reachedAt(url);
  return {
    schema: "cos-originals/emulator@1",
    url: here,
    ...(elsewhere.length === 0 ? {} : { elsewhere }),
    port,
    ...(queue === undefined ? {} : { queue: reachedAt(queue.queue).here, variables: variablesFor(url, names, queue) }),
    ...(seeded.length === 0 ? {} : { seeded }),
  };
}

function likenessIn(file: string, terminal: Terminal): Likeness {
  const like = readFindings(file);
  if (like.passedOver.length > 0) {
    const [first, ...others] = like.passedOver.map(quote);
    const more = others.length > 4 ? [...others.slice(0, 3), `${counted(others.length - 3, "other")}`] : others;
    terminal.note(`Passed over, as this version has no such switch: ${[first, ...more].join(", ")}.`);
  }
  return like;
}

function acceptedCredentials(): readonly EmulatorCredentials[] {
  const own = environmentCredentials(process.env, "TENCENTCLOUD").get();
  const archive = environmentCredentials(process.env, "ORIGINALS_ARCHIVE").get();
  return archive.secretId === own.secretId ? [own] : [own, archive];
}

function portOf(flag: string, text: unknown, usual: number): number {
  const port = typeof text === "string" && /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new UserError(
    "InvalidSetting",
    `${flag} ${quote(text)} is not a whole number from 0 to 65535; ${flag} ${usual} would do.`,
  );
}
