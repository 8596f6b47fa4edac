import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { workLimits } from "../../../src/runtime/settings/work-limits.ts";

const MiB = 1024 * 1024;
const process = { openFiles: 4_096, memory: 2_048 * MiB };

describe("how much may be under way at once", () => {
  it("is the process's where it has one thread that works", () => {
    const limits = workLimits({ concurrency: 50, bwlimit: 8 * MiB }, { ...process, environment: {} });
    expect(limits).toEqual({ settings: { concurrency: 50, bandwidth: 8 * MiB } });
  });

  it("is divided by the threads in which Lambda's runtime client loads the function", () => {
    const environment = { AWS_LAMBDA_MAX_CONCURRENCY: "64", AWS_LAMBDA_NODEJS_WORKER_COUNT: "4" };
    const fixed = workLimits({ concurrency: 50, bwlimit: 8 * MiB }, { ...process, environment });
    expect(fixed).toEqual({ settings: { concurrency: 12, bandwidth: 2 * MiB } });
    const found = workLimits({ concurrency: "auto" }, { ...process, environment });
    expect(found.settings).toMatchObject({ concurrency: 250, memory: 128 * MiB });
    const fewer = workLimits({ concurrency: 1_000 }, { openFiles: 800, environment });
    expect(fewer.fewer).toEqual({ concurrency: 31, asked: 250, openFiles: 200 });
  });

  it.each([
    { calls: "2", threads: "16", asked: 32 },
    // What the client begins where nobody says how many.
    { calls: "100000", threads: undefined, asked: Math.floor(64 / (8 * availableParallelism())) },
    { calls: "64", threads: "100", asked: 1 },
  ])("knows of $calls calls at most and of threads that are said as $threads", ({ calls, threads, asked }) => {
    const environment = { AWS_LAMBDA_MAX_CONCURRENCY: calls, AWS_LAMBDA_NODEJS_WORKER_COUNT: threads };
    const { settings } = workLimits({ concurrency: 64 }, { ...process, environment });
    expect(settings.concurrency).toBe(Math.max(1, asked));
  });

  it("is no more than --bwlimit feeds, so that no upload stands still for as long as services wait", () => {
    const limits = (concurrency: number | "auto", bwlimit: number) =>
      workLimits({ concurrency, bwlimit }, { ...process, environment: {} });
    expect(limits("auto", 30 * 1024).settings.concurrency).toBe(3);
    expect(limits("auto", 1024).settings.concurrency).toBe(1);
    expect(limits(3, 30 * 1024).fewer).toBeUndefined();
    expect(limits(32, 30 * 1024).fewer).toEqual({ concurrency: 3, asked: 32, bandwidth: 30 * 1024 });
    expect(limits(50, MiB).settings.concurrency).toBe(50);
  });
});
