/**
 * Whole commands: `cos-originals run` beside `rclone copy` of the same keys at the same store, from the start of the process to its end,
 * with plan, ledger and report. Neither is held to a core: the other one's threads would be held with it. Left out where rclone is
 * missing is only what needs it.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMeasured } from "../../../scripts/measured-command.mjs";
import { type Facts, keyOf, type SizeLabel } from "../bodies.ts";
import {
  type CommandName,
  type CopyCommand,
  commandNames,
  commandsAt,
  isOurs,
  keysFile,
  manifestFile,
  rcloneVersion,
} from "../commands.ts";
import { sizeText } from "../headline.ts";
import { ratio, type Spread, spread } from "../numbers.ts";
import type { Bench, Part } from "../part.ts";
import { shippedBytes } from "../shipped.ts";
import type { Checked } from "../store.ts";

export interface CommandsResult {
  /** Undefined where there is none. */
  readonly rclone: string | undefined;
  readonly starts: Starts;
  readonly cells: readonly CommandCell[];
}

export interface Starts {
  /** Seconds of `--help`, and of a Node that does nothing. */
  readonly help: Spread;
  readonly node: Spread;
}

export interface CommandCell extends CellPlan {
  readonly results: readonly CommandResult[];
}

export interface CommandResult {
  readonly name: CommandName;
  readonly says: string;
  /** By round; fewer of who takes long. */
  readonly seconds: readonly number[];
  /** Of all its threads, user and system. */
  readonly cpuSeconds: readonly number[];
  readonly peakMB: number | undefined;
  /** Objects that were not put, or not put right, in any round. */
  readonly wrong: number;
  /** Why it could not be measured. */
  readonly failure?: string;
}

interface CellPlan {
  readonly keys: number;
  readonly label: SizeLabel;
  /** Each reply of the store comes so much later. */
  readonly delayMs: number;
  /** How many at once where a tool is told. */
  readonly atOnce: number;
}

const planned: readonly CellPlan[] = [
  { keys: 400, label: "16KiB", delayMs: 0, atOnce: 32 },
  { keys: 4_000, label: "16KiB", delayMs: 0, atOnce: 32 },
  { keys: 40_000, label: "16KiB", delayMs: 0, atOnce: 32 },
  { keys: 2_000, label: "256KiB", delayMs: 0, atOnce: 32 },
  { keys: 200, label: "4MiB", delayMs: 0, atOnce: 16 },
  { keys: 8, label: "100MiB", delayMs: 0, atOnce: 8 },
  { keys: 4_000, label: "16KiB", delayMs: 50, atOnce: 256 },
];

/** What is aimed at, over plain HTTP: time and CPU of `run` as shares of rclone's best. */
const targets: ReadonlyMap<number, { readonly time: number; readonly cpu?: number }> = new Map([
  [400, { time: 2 }],
  [4_000, { time: 0.7 }],
  [40_000, { time: 0.33, cpu: 0.25 }],
]);

/** Who has taken so long in a cell has no more rounds there. */
const ENOUGH_SECONDS = 60;

export function createCommandsPart({ flags, dist, store, say, note }: Bench): Part<CommandsResult> {
  const { rounds, sizes, objects, only, nodeFlags } = flags;
  shippedBytes(dist, "cli.js");
  const rclone = rcloneVersion();
  // Names of the race alone say nothing of commands.
  const named = commandNames.filter((name) => only?.includes(name) ?? true);
  const wanted: readonly CommandName[] = named.length === 0 ? commandNames : named;
  const takesPart = ({ name }: CopyCommand) => wanted.includes(name) && (rclone !== undefined || isOurs(name));
  return {
    name: "commands",
    async run() {
      const files = await mkdtemp(join(tmpdir(), "originals-bench-"));
      await writeFile(join(files, "rclone.conf"), "");
      const { talking } = await store();
      try {
        const cells: CommandCell[] = [];
        const starts = await measureStarts();
        for (const plan of cellsFor(sizes, objects)) {
          const cell = await measure(plan, files, cells.length === 0);
          note("");
          say(cellText(cell));
          cells.push(cell);
        }
        return { rclone, starts, cells };
      } finally {
        await talking.ask({ order: "delay", ms: 0 });
        await talking.ask({ order: "holds", label: "16KiB", objects: 0 });
        await talking.ask({ order: "forget" });
        await rm(files, { recursive: true, force: true });
      }
    },
    text: commandsText,
    isRight: ({ cells }) =>
      cells.every(({ results }) => results.every(({ wrong, failure }) => wrong === 0 && failure === undefined)),
  };

  async function measureStarts(): Promise<Starts> {
    const [help, node]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      note(`starts: round ${round + 1} of ${rounds}`);
      for (const [seconds, args] of [
        [help, [...nodeFlags, join(dist, "cli.js"), "--help"]],
        [node, ["-e", "0"]],
      ] as const) {
        seconds.push((await runMeasured({ command: [process.execPath, ...args], environment: {} })).seconds);
      }
    }
    return { help: spread(help), node: spread(node) };
  }

  /** @param isFirst a lap that is not counted shows the store what it has to do */
  async function measure(plan: CellPlan, files: string, isFirst: boolean): Promise<CommandCell> {
    const { keys, label, delayMs, atOnce } = plan;
    const { talking, origin } = await store();
    const facts = await talking.ask<readonly Facts[]>({ order: "facts", label });
    await writeKeys(files, label, keys, facts);
    await talking.ask({ order: "holds", label, objects: keys });
    await talking.ask({ order: "delay", ms: delayMs });
    const commands = commandsAt({ origin, dist, folder: files, nodeFlags, atOnce }).filter(takesPart);
    const runners = commands.map((command) => ({
      ...command,
      seconds: [] as number[],
      cpuSeconds: [] as number[],
      peakMB: undefined as number | undefined,
      wrong: 0,
      failure: undefined as string | undefined,
    }));
    for (let round = isFirst ? -1 : 0; round < rounds; round++) {
      // Each round begins with another, so that nobody is always measured after the same neighbour.
      const from = Math.max(0, round) % Math.max(1, runners.length);
      for (const runner of [...runners.slice(from), ...runners.slice(0, from)]) {
        const spent = runner.seconds.reduce((sum, seconds) => sum + seconds, 0);
        if (runner.failure !== undefined || spent > ENOUGH_SECONDS) continue;
        note(`${cellName(plan)}, ${runner.name}: round ${round + 1} of ${rounds}`);
        await talking.ask({ order: "forget" });
        const { code, errors, seconds, cpuSeconds, peakMB } = await runMeasured(runner);
        const checked = await talking.ask<Checked>({ order: "check", label, objects: keys });
        runner.wrong += checked.wrong + (keys - checked.right);
        if (code !== 0) runner.failure = `it ended with ${code}: ${errors.trim().split("\n").at(-1)}`;
        if (round < 0) continue;
        runner.seconds.push(seconds);
        runner.cpuSeconds.push(cpuSeconds);
        if (peakMB !== undefined) runner.peakMB = Math.max(runner.peakMB ?? 0, peakMB);
      }
    }
    const results = runners.map(
      ({ command: _command, environment: _environment, failure, ...result }): CommandResult => ({
        ...result,
        ...(failure === undefined ? {} : { failure }),
      }),
    );
    return { ...plan, results };
  }

  function cellText(cell: CommandCell): string {
    return commandCellText(cell, flags.plain);
  }
}

/** Of the cells those of the sizes that are asked for, and no more keys than are. */
function cellsFor(sizes: readonly SizeLabel[], most = Number.POSITIVE_INFINITY): readonly CellPlan[] {
  const cells = new Map<string, CellPlan>();
  for (const plan of planned) {
    if (!sizes.includes(plan.label)) continue;
    const cell = { ...plan, keys: Math.min(plan.keys, most) };
    cells.set(cellName(cell), cell);
  }
  return [...cells.values()];
}

/** A manifest as an inventory tells it, and the keys alone. */
async function writeKeys(folder: string, label: SizeLabel, keys: number, facts: readonly Facts[]): Promise<void> {
  let [csv, lines] = ["Key,Size,ETag\n", ""];
  for (let index = 0; index < keys; index++) {
    const { size, etag } = facts[index % facts.length]!;
    const key = keyOf(label, index);
    csv += `${key},${size},${etag}\n`;
    lines += `${key}\n`;
  }
  await writeFile(join(folder, manifestFile), csv);
  await writeFile(join(folder, keysFile), lines);
}

const cellName = ({ keys, label, delayMs }: CellPlan) =>
  `${keys.toLocaleString("en-US")} keys of ${sizeText(label)}${delayMs === 0 ? "" : `, replies after ${delayMs} ms`}`;

const range = ({ median, least, most }: Spread) => `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`;

/** @param plain over plain HTTP, of which the targets are */
export function commandCellText(cell: CommandCell, plain: boolean): string {
  const { results, keys, label, delayMs } = cell;
  const usable = ({ failure, wrong }: CommandResult) => failure === undefined && wrong === 0;
  const yardstick = results.find((result) => result.name === "rclone-best" && usable(result));
  const target = plain && label === "16KiB" && delayMs === 0 ? targets.get(keys) : undefined;
  return [
    `\n${cellName(cell)}: the whole command, seconds, median (least–most)`,
    `  ${"".padEnd(14)}${"time".padStart(20)}${"CPU".padStart(20)}${"peak RSS".padStart(12)}   of rclone-best's time, CPU`,
    ...results.map((result) => {
      const { name, says, seconds, cpuSeconds, peakMB, wrong, failure } = result;
      const memory = peakMB === undefined ? "–" : `${peakMB} MB`;
      const parts = [
        `  ${name.padEnd(14)}${range(spread(seconds)).padStart(20)}${range(spread(cpuSeconds)).padStart(20)}${memory.padStart(12)}`,
      ];
      if (yardstick !== undefined && result !== yardstick && usable(result)) {
        const time = ratio(seconds, yardstick.seconds).median;
        const cpu = ratio(cpuSeconds, yardstick.cpuSeconds).median;
        const isOver = name === "run" && target !== undefined && (time > target.time || cpu > (target.cpu ?? cpu));
        parts.push(`${time.toFixed(2)} ×, ${cpu.toFixed(2)} ×${isOver ? ` (OVER ${targetText(target)})` : ""}`);
      }
      parts.push(says);
      if (wrong > 0) parts.push(`${wrong} OBJECTS WRONG`);
      if (failure !== undefined) parts.push(`FAILED: ${failure}`);
      return parts.join("   ");
    }),
  ].join("\n");
}

const targetText = ({ time, cpu }: { readonly time: number; readonly cpu?: number }) =>
  `${time} ×${cpu === undefined ? "" : `, ${cpu} ×`}`;

export function commandsText({ rclone, starts }: CommandsResult): string {
  return [
    `\nWhole commands: beside them ${rclone ?? "nothing, as rclone is not installed"}`,
    `  \`cos-originals --help\` ${range(starts.help)} s; \`node -e 0\` ${range(starts.node)} s`,
  ].join("\n");
}
