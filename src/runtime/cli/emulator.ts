/** `cos-originals emulator`: serves the embedded COS. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { nearest } from "../../config/nearest.ts";
import { environmentCredentials } from "../../cos/signing/credentials.ts";
import { defaultSwitches, type Switches, startEmulator } from "../../emulator/emulator.ts";
import type { Likeness } from "../../emulator/faults/findings.ts";
import { wrongSetting } from "../../emulator/faults/switches.ts";
import { quote, UserError } from "../../vocabulary/errors.ts";
import { readFindings } from "../settings/findings.ts";
import { addCommonFlags, type Flags } from "./input/setting-flags.ts";
import { type ExitCode, exitCodes } from "./terminal/exit-codes.ts";
import { onInterrupt } from "./terminal/interrupt.ts";
import type { Terminal } from "./terminal/terminal.ts";

const collect = (value: string, before: readonly string[] = []) => [...before, value];

export function describeEmulator(command: Command): void {
  addCommonFlags(
    command
      .option("--port <N>", "port of 127.0.0.1 to listen on, 0 for any that is free", "9000")
      .option("--data <DIR>", "where objects are kept (default: a temporary folder, removed at the end)")
      .option("--bucket <NAME-APPID>", "bucket to create where there is none; may be given several times", collect)
      .option(
        "--protect <SUFFIXES>",
        "suffixes under Original Image Protection, in all these buckets: jpg,png,… or all",
      )
      .option("--slim <SUFFIXES>", "suffixes under Smart Compression in mode Auto, in all these buckets: jpg,png,gif")
      .option("--as <FILE>", "behave as the bucket did whose findings are in this file (doctor --probe --json)")
      .option("--switch <NAME=VALUE>", "a doubtful behaviour of the service; may be given several times", collect)
      .addHelpText(
        "after",
        `
Credentials that it accepts come from the environment: TENCENTCLOUD_SECRETID and TENCENTCLOUD_SECRETKEY, and those of
ORIGINALS_ARCHIVE_* where they are set. Point clients to it with --endpoint http://127.0.0.1:PORT.

Switches: ${Object.keys(defaultSwitches).join(", ")}

Example:
  cos-originals emulator --port 9000 --data ./cos --bucket photos-1250000000 --bucket archive-1250000000 --protect jpg,png`,
      ),
    false,
  );
}

export async function emulatorCommand(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const port = portOf(flags.port);
  const like = typeof flags.as === "string" ? likenessIn(flags.as, terminal) : undefined;
  const switches = { ...like?.switches, ...switchesOf(flags.switch) };
  const names = Array.isArray(flags.bucket) ? flags.bucket.map(String) : [];
  const protect = typeof flags.protect === "string" ? protectedOf(flags.protect) : like?.protect;
  const slim = typeof flags.slim === "string" ? suffixesOf("--slim", flags.slim) : undefined;
  for (const flag of ["protect", "slim"] as const) {
    if (typeof flags[flag] !== "string" || names.length > 0) continue;
    throw new UserError(
      "InvalidSetting",
      `--${flag} ${quote(flags[flag])} is said of no bucket; name one with --bucket NAME-APPID.`,
    );
  }
  const interrupt = onInterrupt(terminal, "Stopping: requests under way have a second to end.");
  const { signal } = interrupt;
  const temporary =
    typeof flags.data === "string" ? undefined : await mkdtemp(join(tmpdir(), "cos-originals-emulator-"));
  try {
    const emulator = await startEmulator({
      port,
      dataDir: temporary ?? String(flags.data),
      buckets: names.map((name) => ({
        name,
        ...(protect === undefined ? {} : { protect }),
        ...(slim === undefined ? {} : { slim }),
      })),
      credentials: acceptedCredentials(),
      switches,
      log: terminal.log,
    });
    try {
      terminal.out(
        flags.json === true
          ? JSON.stringify({ schema: "cos-originals/emulator@1", url: emulator.url, port: emulator.port })
          : `listening on ${emulator.url}`,
      );
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener("abort", () => resolve());
      });
    } finally {
      await emulator.close();
    }
  } finally {
    interrupt.dispose();
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
  return exitCodes.done;
}

function likenessIn(file: string, terminal: Terminal): Likeness {
  const like = readFindings(file);
  if (like.passedOver.length > 0) {
    terminal.note(`Passed over, as this version has no such switch: ${like.passedOver.join(", ")}.`);
  }
  return like;
}

function acceptedCredentials() {
  const own = environmentCredentials(process.env, "TENCENTCLOUD").get();
  const archive = environmentCredentials(process.env, "ORIGINALS_ARCHIVE").get();
  return archive.secretId === own.secretId ? [own] : [own, archive];
}

function portOf(text: unknown): number {
  const port = typeof text === "string" && /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw new UserError(
    "InvalidSetting",
    `--port ${quote(text)} is not a whole number from 0 to 65535; --port 9000 would do.`,
  );
}

const protectedOf = (text: string) => (text === "all" ? text : suffixesOf("--protect", text));

function suffixesOf(flag: string, text: string): readonly string[] {
  const suffixes = text.split(",").map((suffix) => suffix.trim().replace(/^\./, ""));
  if (suffixes.every((suffix) => suffix !== "")) return suffixes;
  throw new UserError("InvalidSetting", `${flag} ${quote(text)} holds an empty suffix; ${flag} jpg,png would do.`);
}

/** `name=value` by the type of the switch's default. */
function switchesOf(texts: unknown): Partial<Switches> {
  const changes: Record<string, unknown> = {};
  for (const text of Array.isArray(texts) ? texts.map(String) : []) {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? "" : text.slice(equals + 1);
    if (equals < 0 || value === "") {
      throw new UserError("InvalidSetting", `--switch ${quote(text)} is not of the form NAME=VALUE.`);
    }
    const known = Object.entries(defaultSwitches).find(([candidate]) => candidate === name);
    if (known === undefined) {
      const hint = nearest(name, Object.keys(defaultSwitches));
      throw new UserError(
        "UnknownSwitch",
        `--switch ${quote(text)} names no switch of the emulator${hint === undefined ? "" : `; perhaps ${hint} is meant`}.`,
      );
    }
    changes[name] = switchValue(text, value, known[0] as keyof Switches);
  }
  return changes;
}

const literals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

function switchValue(text: string, value: string, name: keyof Switches): unknown {
  const literal = /^\d{1,15}$/.test(value) ? Number(value) : literals.get(value);
  const read = typeof defaultSwitches[name] === "string" ? value : literal;
  const wanted = wrongSetting(name, read);
  if (wanted === undefined) return read;
  throw new UserError("InvalidSetting", `--switch ${quote(text)} needs ${wanted} as its value.`);
}
