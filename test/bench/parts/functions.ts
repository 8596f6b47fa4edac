/**
 * What a function's memory buys: the bundle that is deployed, in a process of its own with the heap that Lambda gives it and the share of a
 * CPU that comes with that memory, is handed one shard after the other, as the runtime does. Objects a GB-second are what is paid for. Replies
 * come after as long as the service's take in its own region, or a CPU would be all that counts.
 */
import { join } from "node:path";
import { type SizeLabel, sizes } from "../bodies.ts";
import { canLimit, limitCpu } from "../cpu-share.ts";
import { type Spread, spread } from "../numbers.ts";
import type { Bench, Part } from "../part.ts";
import { environmentOf } from "../planned-run.ts";
import { start } from "../processes.ts";
import { platformEnvironment, shardMessage, sqsAnswer, sqsEvent } from "../shard-event.ts";
import { shippedBytes } from "../shipped.ts";
import type { Started, StartOrder } from "../starter.ts";
import type { Checked } from "../store.ts";

export interface FunctionsResult {
  /** Of each reply of the store. */
  readonly delayMs: number;
  readonly functions: readonly MeasuredFunction[];
}

export interface MeasuredFunction {
  readonly memoryMB: number;
  readonly label: SizeLabel;
  /** Objects of each invocation. */
  readonly objects: number;
  /** Of the invocations after the first. */
  readonly objectsPerSecond: Spread;
  readonly objectsPerGBSecond: Spread;
  /** Of the first, which has a whole CPU: from the beginning of the import to the first GET of an original, ms. */
  readonly coldMs: number;
  readonly peakRssMB: number;
  /** Of the CPU that it had, after the first invocation, 0 to 1. */
  readonly cpuUsed: number;
  /** Objects that were not put, or not put right, and invocations that answered otherwise. */
  readonly wrong: number;
}

/** Documents of Lambda: "at 1,769 MB, a function has the equivalent of one vCPU"; less has a share of it. */
const wholeCpuMB = 1_769;
const memories = [128, 256, 512, 1_024, wholeCpuMB] as const;
const shards: readonly { readonly label: SizeLabel; readonly objects: number }[] = [
  { label: "16KiB", objects: 1_000 },
  { label: "4MiB", objects: 32 },
];
const mostRounds = 5;
const delayMs = 20;

export const shareOf = (memoryMB: number): number => Math.min(1, memoryMB / wholeCpuMB);

/** As the bootstrap of Lambda's nodejs runtimes sets them. */
const heapFlags = (memoryMB: number): readonly string[] => [
  `--max-semi-space-size=${Math.floor(memoryMB / 20)}`,
  `--max-old-space-size=${memoryMB - Math.floor(memoryMB / 10)}`,
];

export function createFunctionsPart({ flags, folder, dist, store, note }: Bench): Part<FunctionsResult> {
  const bundle = "lambda.cjs";
  shippedBytes(dist, bundle);
  const rounds = Math.min(flags.rounds, mostRounds);
  return {
    name: "functions",
    async run() {
      const { talking } = await store();
      const functions: MeasuredFunction[] = [];
      await talking.ask({ order: "delay", ms: delayMs });
      try {
        for (const { label, objects } of shards) {
          if (!flags.sizes.includes(label)) continue;
          for (const memoryMB of memories) {
            if (memoryMB < wholeCpuMB && !canLimit) continue;
            functions.push(await measure(memoryMB, label, Math.min(objects, flags.objects ?? objects)));
          }
        }
      } finally {
        await talking.ask({ order: "delay", ms: 0 });
      }
      return { delayMs, functions };
    },
    text: functionsText,
    isRight: ({ functions }) => functions.every(({ wrong }) => wrong === 0),
  };

  async function measure(memoryMB: number, label: SizeLabel, objects: number): Promise<MeasuredFunction> {
    const { talking, origin } = await store();
    const process = await start(join(folder, "starter.js"), 0, {
      flags: [...heapFlags(memoryMB), ...flags.nodeFlags],
      quiet: true,
    });
    // The first invocation has a whole CPU, as Lambda gives to whatever begins.
    let unlimited: (() => void) | undefined;
    const environment = { ...environmentOf(origin), ...platformEnvironment };
    let wrong = 0;
    let coldMs = Number.NaN;
    let first: Started | undefined;
    let last: Started | undefined;
    const rates: number[] = [];
    let warmMs = 0;
    try {
      for (let round = -1; round < rounds; round++) {
        note(`a function of ${memoryMB} MB, ${label}: invocation ${round + 2} of ${rounds + 1}`);
        await talking.ask({ order: "forget" });
        const body = await shardMessage({ talking, origin }, { run: `function-${round + 1}`, label, rows: objects });
        const event = sqsEvent(body);
        const order: StartOrder = { bundle: join(dist, bundle), handler: "handler", event, environment };
        const took = await process.ask<Started>(order);
        const { at } = await talking.ask<{ at?: number }>({ order: "first-get" });
        const checked = await talking.ask<Checked>({ order: "check", label, objects });
        wrong += checked.wrong + (objects - checked.right) + (JSON.stringify(took.answer) === sqsAnswer ? 0 : 1);
        last = took;
        if (first === undefined) {
          first = took;
          coldMs = (at ?? Number.NaN) - took.begunAt;
          unlimited = limitCpu(process.pid, shareOf(memoryMB));
          continue;
        }
        const ms = took.endedAt - took.begunAt;
        warmMs += ms;
        rates.push((1000 * objects) / ms);
      }
    } finally {
      unlimited?.();
      await process.end();
    }
    const cpuMs = (last?.cpuMs ?? 0) - (first?.cpuMs ?? 0);
    const gigabytes = memoryMB / 1024;
    return {
      memoryMB,
      label,
      objects,
      objectsPerSecond: spread(rates),
      objectsPerGBSecond: spread(rates.map((rate) => rate / gigabytes)),
      coldMs,
      peakRssMB: last?.peakRssMB ?? Number.NaN,
      cpuUsed: cpuMs / (warmMs * shareOf(memoryMB)),
      wrong,
    };
  }
}

const number = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : 0 });
const range = ({ median, least, most }: Spread) => `${number(median)} (${number(least)}–${number(most)})`;

export function functionsText({ delayMs, functions }: FunctionsResult): string {
  const lines = [
    `\nA function by its memory, replies after ${delayMs} ms: warm invocations of one shard each, median (least–most)`,
  ];
  for (const label of new Set(functions.map((each) => each.label))) {
    const own = functions.filter((each) => each.label === label);
    const fit = own.filter(({ wrong, peakRssMB, memoryMB }) => wrong === 0 && peakRssMB <= memoryMB);
    const cheapest = fit.reduce<MeasuredFunction | undefined>(
      (best, each) =>
        best === undefined || each.objectsPerGBSecond.median > best.objectsPerGBSecond.median ? each : best,
      undefined,
    );
    lines.push(
      `  ${label.padEnd(10)}${["of a CPU", "objects/s", "objects/GB-s", "CPU used", "RSS MB", "cold ms"].map((title) => title.padStart(title.startsWith("objects") ? 24 : 10)).join("")}`,
    );
    for (const each of own) {
      const { memoryMB, objectsPerSecond, objectsPerGBSecond, cpuUsed, peakRssMB, coldMs, wrong } = each;
      const cells = [
        `${Math.round(100 * shareOf(memoryMB))} %`.padStart(10),
        range(objectsPerSecond).padStart(24),
        range(objectsPerGBSecond).padStart(24),
        `${Math.round(100 * cpuUsed)} %`.padStart(10),
        number(peakRssMB).padStart(10),
        number(coldMs).padStart(10),
      ].join("");
      const over = peakRssMB > memoryMB ? "   OVER ITS MEMORY" : "";
      const best = each === cheapest ? "   the cheapest" : "";
      const bad = wrong > 0 ? `   ${wrong} WRONG` : "";
      lines.push(`  ${`${number(memoryMB)} MB`.padEnd(10)}${cells}${best}${over}${bad}`);
    }
    const largest = own.find(({ memoryMB }) => memoryMB === wholeCpuMB);
    if (own.length === 1 && largest !== undefined) lines.push("  shares of a CPU can't be had on this system");
    lines.push(`  an object is of ${number(sizes[label])} bytes`);
  }
  return lines.join("\n");
}
