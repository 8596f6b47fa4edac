/**
 * How much this process may have under way at once. Where AWS runs a function on Lambda Managed Instances (developer guide, "Node.js runtime for
 * Lambda Managed Instances") its runtime client loads the handler in several threads, each of which has all of this tool to itself: then what
 * belongs to the process is divided by them.
 */
import { availableParallelism } from "node:os";
import type { SettingValues } from "../../config/settings.ts";
import { memoryForBodies } from "../../policy/concurrency/auto-concurrency.ts";
import { rowsFed } from "../../policy/concurrency/bandwidth.ts";
import { rowsWithin } from "../../policy/concurrency/open-files.ts";
import type { WorkSettings } from "../../run/surroundings/surroundings.ts";
import { mostAtOnce } from "../../vocabulary/limits.ts";
import { loopBusySince } from "./loop-busy.ts";
import { memoryOf } from "./memory.ts";
import { openFilesLimit } from "./open-files.ts";

export interface WorkLimits {
  readonly settings: Pick<WorkSettings, "concurrency" | "memory" | "busySince" | "bandwidth">;
  /** Present where a concurrency was asked for that the process can't have: it may open only so many files, or fetch only so many bytes a second. */
  readonly fewer?: {
    readonly concurrency: number;
    readonly asked: number;
    readonly openFiles?: number | undefined;
    readonly bandwidth?: number | undefined;
  };
}

interface Process {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How many files it may have open at once. Default: what the system says. */
  readonly openFiles?: number | undefined;
  /** Bytes of memory that it may use. Default: what its function, its container or its machine has. */
  readonly memory?: number | undefined;
}

/** What Lambda's runtime client begins of itself, for each CPU. */
const THREADS_A_CPU = 8;

const countOf = (text: string | undefined): number | undefined => {
  const count = Number(text);
  return text !== undefined && Number.isSafeInteger(count) && count > 0 ? count : undefined;
};

function threadsOf({ environment }: Process): number {
  // The calls that a process may have at once; set there alone.
  const calls = countOf(environment.AWS_LAMBDA_MAX_CONCURRENCY);
  if (calls === undefined) return 1;
  const threads = countOf(environment.AWS_LAMBDA_NODEJS_WORKER_COUNT) ?? THREADS_A_CPU * availableParallelism();
  return Math.min(calls, threads);
}

export function workLimits(
  { concurrency: said, bwlimit }: Pick<SettingValues, "concurrency" | "bwlimit">,
  process: Process,
): WorkLimits {
  const threads = threadsOf(process);
  const part = (all: number) => Math.max(1, Math.floor(all / threads));
  const ofProcess = process.openFiles ?? openFilesLimit();
  const openFiles = ofProcess === undefined ? undefined : part(ofProcess);
  const asked = part(said === "auto" ? mostAtOnce : said);
  const opened = rowsWithin(openFiles, asked);
  const bandwidth = bwlimit === undefined ? undefined : bwlimit / threads;
  const concurrency = rowsFed(bandwidth, opened);
  if (said !== "auto") {
    const by = concurrency < opened ? { bandwidth } : { openFiles };
    const fewer = concurrency === asked ? undefined : { concurrency, asked, ...by };
    return { settings: { concurrency, bandwidth }, ...(fewer && { fewer }) };
  }
  const memory = memoryForBodies((process.memory ?? memoryOf(process.environment)) / threads);
  return { settings: { concurrency, bandwidth, memory, busySince: loopBusySince() } };
}
