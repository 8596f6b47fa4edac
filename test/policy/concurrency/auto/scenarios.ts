/** Stores near and far, small and large originals, and what happens to them: over which a number has to be found. */
import type { Random } from "../../../../src/vocabulary/clock.ts";
import type { Model } from "./store-model.ts";

export interface Scenario {
  readonly name: string;
  /**
   * The best of all fixed numbers, and what it brings: originals a second, or bytes where the line is what limits. Known from trying them all,
   * which takes minutes; `THOROUGH=yes` does, and fails where it finds another.
   */
  readonly best: readonly [number: number, throughput: number];
  readonly model: Model;
  readonly processes?: number;
  readonly rate?: number;
  /** That the processes may come to, each. */
  readonly most?: number;
  /** Of one task where nobody else works, in seconds: the longest of ten of seconds, twenty replies and twenty of these is how long it may take. */
  readonly taskSeconds: number;
  /** When another number becomes the best, in seconds; and the store from then on. */
  readonly changesAt?: number;
  readonly after?: Model;
  /** How long it may take to settle, in seconds, where that is less. */
  readonly settlesIn?: number;
  /** The share of the best that is wanted, where it is not 0.9. */
  readonly worth?: number;
  /** Tasks at once that are too many where fewer bring the same. */
  readonly atMost?: number;
}

const KB = 1024;
const MB = KB * KB;
const even = (from: number, to: number) => (random: Random) => Math.round(from * (to / from) ** random());
const mostlySmall = (random: Random) => (random() < 0.9 ? even(KB, 256 * KB) : even(MB, 100 * MB))(random);
const line = { bandwidth: 400 * MB, ofOne: 40 * MB };

export const scenarios: readonly Scenario[] = [
  { name: "replies after 5 ms", best: [64, 4_000], model: { replyMs: 5 }, taskSeconds: 0.01, atMost: 512 },
  { name: "replies after 20 ms", best: [256, 4_000], model: { replyMs: 20 }, taskSeconds: 0.04 },
  { name: "replies after 50 ms", best: [512, 3_999], model: { replyMs: 50 }, taskSeconds: 0.1 },
  {
    name: "replies after 150 ms, unsteady",
    best: [1_000, 3_209],
    model: { replyMs: 150, jitter: 0.5 },
    taskSeconds: 0.3,
  },
  { name: "replies after 500 ms, unsteady", best: [1_000, 962], model: { replyMs: 500, jitter: 0.5 }, taskSeconds: 1 },
  { name: "503 beyond 3,000/s, 5 ms", best: [32, 2_896], model: { replyMs: 5, cap: 3_000 }, taskSeconds: 0.01 },
  { name: "503 beyond 3,000/s, 50 ms", best: [512, 2_811], model: { replyMs: 50, cap: 3_000 }, taskSeconds: 0.1 },
  { name: "503 beyond 3,000/s, 150 ms", best: [1_000, 2_823], model: { replyMs: 150, cap: 3_000 }, taskSeconds: 0.3 },
  { name: "--rate 500/s, 50 ms", best: [64, 501], model: { replyMs: 50 }, rate: 500, taskSeconds: 0.1, atMost: 128 },
  {
    name: "slower as load grows, from 12",
    best: [16, 277],
    model: { replyMs: 10, slowsAt: 12 },
    taskSeconds: 0.02,
    atMost: 24,
  },
  {
    name: "slower as load grows, from 64",
    best: [64, 766],
    model: { replyMs: 20, slowsAt: 64 },
    taskSeconds: 0.04,
    atMost: 128,
  },
  {
    name: "slower as load grows, from 300",
    best: [256, 1_423],
    model: { replyMs: 50, slowsAt: 300 },
    taskSeconds: 0.1,
    atMost: 600,
  },
  {
    name: "a process of 2,000/s, 5 ms",
    best: [32, 2_000],
    model: { replyMs: 5, processPerSecond: 2_000 },
    taskSeconds: 0.01,
    atMost: 64,
  },
  {
    name: "a process of 2,000/s, 50 ms",
    best: [256, 2_000],
    model: { replyMs: 50, processPerSecond: 2_000 },
    taskSeconds: 0.1,
    atMost: 800,
  },
  // Catches: handshakes of new connections that are taken for what more at once cost, so that it stays at a few for long.
  {
    name: "3 ms of CPU a connection, 50 ms",
    best: [256, 2_000],
    model: { replyMs: 50, processPerSecond: 2_000, connectMs: 3 },
    taskSeconds: 0.1,
    settlesIn: 4,
  },
  {
    name: "100 MiB each",
    best: [16, 384 * MB],
    model: { replyMs: 50, ...line, size: () => 100 * MB },
    taskSeconds: 2.6,
    atMost: 128,
  },
  { name: "1 MiB each", best: [64, 389 * MB], model: { replyMs: 50, ...line, size: () => MB }, taskSeconds: 0.12 },
  {
    name: "1 KiB to 100 MiB",
    best: [16, 390 * MB],
    model: { replyMs: 20, ...line, size: even(KB, 100 * MB) },
    taskSeconds: 0.5,
  },
  {
    name: "mostly small, some to 100 MiB",
    best: [64, 390 * MB],
    model: { replyMs: 50, ...line, size: mostlySmall },
    taskSeconds: 0.2,
  },
  {
    name: "from 10 to 150 ms in mid-run",
    best: [1_000, 2_002],
    model: { replyMs: (at) => (at < 20_000 ? 10 : 150), processPerSecond: 2_000 },
    taskSeconds: 0.3,
    changesAt: 20,
    after: { replyMs: 150, processPerSecond: 2_000 },
  },
  {
    name: "from 150 to 10 ms in mid-run",
    best: [64, 1_999],
    model: { replyMs: (at) => (at < 20_000 ? 150 : 10), processPerSecond: 2_000 },
    taskSeconds: 0.3,
    changesAt: 20,
    after: { replyMs: 10, processPerSecond: 2_000 },
  },
  {
    name: "four functions, 150 ms",
    best: [296, 3_790],
    model: { replyMs: 150 },
    most: 296,
    processes: 4,
    taskSeconds: 0.3,
  },
  // Beside others what is a process's own limit can't be told from one that is shared, so that none goes all the way to it.
  {
    name: "four workers of 1,000/s each, 50 ms",
    best: [128, 3_999],
    model: { replyMs: 50, processPerSecond: 1_000 },
    processes: 4,
    taskSeconds: 0.1,
    worth: 0.8,
  },
  {
    name: "four workers, 503 beyond 600/s",
    best: [16, 575],
    model: { replyMs: 50, cap: 600 },
    processes: 4,
    taskSeconds: 0.1,
  },
  {
    name: "four workers, slower as load grows",
    best: [32, 1_533],
    model: { replyMs: 20, slowsAt: 128 },
    processes: 4,
    taskSeconds: 0.04,
  },
];
