/** Stores near and far, small and large originals, and what happens to them: over which a number has to be found. */
import type { Random } from "../../../../src/vocabulary/clock.ts";
import type { Model } from "./store-model.ts";

export interface Scenario {
  readonly name: string;
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
  { name: "replies after 5 ms", model: { replyMs: 5 }, taskSeconds: 0.01, atMost: 512 },
  { name: "replies after 20 ms", model: { replyMs: 20 }, taskSeconds: 0.04 },
  { name: "replies after 50 ms", model: { replyMs: 50 }, taskSeconds: 0.1 },
  { name: "replies after 150 ms, unsteady", model: { replyMs: 150, jitter: 0.5 }, taskSeconds: 0.3 },
  { name: "replies after 500 ms, unsteady", model: { replyMs: 500, jitter: 0.5 }, taskSeconds: 1 },
  { name: "503 beyond 3,000/s, 5 ms", model: { replyMs: 5, cap: 3_000 }, taskSeconds: 0.01 },
  { name: "503 beyond 3,000/s, 50 ms", model: { replyMs: 50, cap: 3_000 }, taskSeconds: 0.1 },
  { name: "503 beyond 3,000/s, 150 ms", model: { replyMs: 150, cap: 3_000 }, taskSeconds: 0.3 },
  { name: "--rate 500/s, 50 ms", model: { replyMs: 50 }, rate: 500, taskSeconds: 0.1, atMost: 128 },
  { name: "slower as load grows, from 12", model: { replyMs: 10, slowsAt: 12 }, taskSeconds: 0.02, atMost: 24 },
  { name: "slower as load grows, from 64", model: { replyMs: 20, slowsAt: 64 }, taskSeconds: 0.04, atMost: 128 },
  { name: "slower as load grows, from 300", model: { replyMs: 50, slowsAt: 300 }, taskSeconds: 0.1, atMost: 600 },
  { name: "a process of 2,000/s, 5 ms", model: { replyMs: 5, processPerSecond: 2_000 }, taskSeconds: 0.01, atMost: 64 },
  {
    name: "a process of 2,000/s, 50 ms",
    model: { replyMs: 50, processPerSecond: 2_000 },
    taskSeconds: 0.1,
    atMost: 800,
  },
  { name: "100 MiB each", model: { replyMs: 50, ...line, size: () => 100 * MB }, taskSeconds: 2.6, atMost: 128 },
  { name: "1 MiB each", model: { replyMs: 50, ...line, size: () => MB }, taskSeconds: 0.12 },
  { name: "1 KiB to 100 MiB", model: { replyMs: 20, ...line, size: even(KB, 100 * MB) }, taskSeconds: 0.5 },
  { name: "mostly small, some to 100 MiB", model: { replyMs: 50, ...line, size: mostlySmall }, taskSeconds: 0.2 },
  {
    name: "from 10 to 150 ms in mid-run",
    model: { replyMs: (at) => (at < 20_000 ? 10 : 150), processPerSecond: 2_000 },
    taskSeconds: 0.3,
    changesAt: 20,
    after: { replyMs: 150, processPerSecond: 2_000 },
  },
  {
    name: "from 150 to 10 ms in mid-run",
    model: { replyMs: (at) => (at < 20_000 ? 150 : 10), processPerSecond: 2_000 },
    taskSeconds: 0.3,
    changesAt: 20,
    after: { replyMs: 10, processPerSecond: 2_000 },
  },
  { name: "four functions, 150 ms", model: { replyMs: 150 }, most: 296, processes: 4, taskSeconds: 0.3 },
  // Beside others what is a process's own limit can't be told from one that is shared, so that none goes all the way to it.
  {
    name: "four workers of 1,000/s each, 50 ms",
    model: { replyMs: 50, processPerSecond: 1_000 },
    processes: 4,
    taskSeconds: 0.1,
    worth: 0.8,
  },
  { name: "four workers, 503 beyond 600/s", model: { replyMs: 50, cap: 600 }, processes: 4, taskSeconds: 0.1 },
  { name: "four workers, slower as load grows", model: { replyMs: 20, slowsAt: 128 }, processes: 4, taskSeconds: 0.04 },
];
