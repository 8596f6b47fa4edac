import { describe, expect, it } from "vitest";
import { keepFunctionWorker } from "../../../src/runtime/function/function-worker.ts";
import { acknowledge, environment, notingLog } from "./fixtures.ts";
import { idleClock } from "./idle-clock.ts";

/** With nothing to say of what messages may name. */
const bounded = { ...environment, ORIGINALS_ALLOW: "manifest=cos://lists-1250000000" };

function setUp(changing: Record<string, string | undefined>) {
  const log = notingLog();
  const rates: (number | undefined)[] = [];
  const worker = keepFunctionWorker(
    { environment: changing, clock: idleClock(), random: () => 0.5, log },
    (surroundings) => {
      rates.push(surroundings.settings.rate);
      return async () => acknowledge;
    },
  );
  return { worker, rates, log };
}

describe("what a function keeps between invocations", () => {
  it("is the same for as long as the settings are", () => {
    const { worker } = setUp({ ...environment });
    expect(worker().handle).toBe(worker().handle);
  });

  it("is kept when only credentials were renewed, which are read at each request", () => {
    const changing: Record<string, string | undefined> = { ...environment };
    const { worker } = setUp(changing);
    const first = worker();
    changing.TENCENTCLOUD_SECRETKEY = "renewed";
    expect(worker()).toBe(first);
  });

  it("can tell whether requests can be signed, by the credentials of the moment", () => {
    const changing: Record<string, string | undefined> = { ...environment, TENCENTCLOUD_SECRETKEY: undefined };
    const { worker } = setUp(changing);
    const { checkCredentials } = worker();
    expect(checkCredentials).toThrow("set TENCENTCLOUD_SECRETKEY");
    changing.TENCENTCLOUD_SECRETKEY = "came";
    checkCredentials?.();
  });

  it.each(["ORIGINALS_ARCHIVE", "ORIGINALS_LEDGER"])("is nothing where %s is a folder", (name) => {
    const { worker } = setUp({ ...environment, [name]: "file:///mnt/archive" });
    expect(worker).toThrow(/"file:\/\/\/mnt\/archive".* is a folder, and a function has no disk that outlives it/);
  });

  it("is made anew when a setting changed", () => {
    const changing: Record<string, string | undefined> = {
      ...environment,
      ORIGINALS_RATE: "100/s",
      ORIGINALS_MAX_INSTANCES: "4",
    };
    const { worker, rates } = setUp(changing);
    worker();
    changing.ORIGINALS_RATE = "200/s";
    worker();
    expect(rates).toEqual([25, 50]);
  });

  it("refuses a setting that can't be, at every invocation until it is mended", () => {
    const changing: Record<string, string | undefined> = { ...environment, ORIGINALS_CONCURRENCY: "many" };
    const { worker } = setUp(changing);
    expect(worker).toThrow('ORIGINALS_CONCURRENCY "many" is not a whole number from 1 to 1000');
    expect(worker).toThrow("ORIGINALS_CONCURRENCY");
    changing.ORIGINALS_CONCURRENCY = "8";
    expect(worker().settings.values.concurrency).toBe(8);
  });

  it("says once, in its log, which proxy it speaks to, and not its password", () => {
    const { worker, log } = setUp({ ...bounded, HTTPS_PROXY: "http://me:hidden@proxy.example:3128" });
    worker();
    worker();
    expect(log.entries).toEqual([
      expect.objectContaining({
        level: "info",
        message: "A proxy is set: https goes through http://proxy.example:3128 (HTTPS_PROXY).",
      }),
    ]);
  });

  it("works on as many rows at once as a function may open connections for, 1,024 of them, and says so once", () => {
    const log = notingLog();
    const concurrencies: number[] = [];
    const world = { clock: idleClock(), random: () => 0.5, log, openFiles: 1_024 };
    const environment = { ...bounded, ORIGINALS_CONCURRENCY: "1000" };
    const worker = keepFunctionWorker({ ...world, environment }, ({ settings, open }) => {
      concurrencies.push(settings.concurrency);
      const place = { bucket: "demo-1250000000", region: "ap-guangzhou" };
      open("ledger", place);
      expect(log.entries).toEqual([]);
      for (let n = 0; n < 2; n++) open("source", place);
      return async () => acknowledge;
    });
    worker();
    worker();
    expect(concurrencies).toEqual([296]);
    expect(log.entries).toMatchObject([
      { level: "warn", fields: { concurrency: 296, asked: 1_000, openFiles: 1_024 } },
    ]);
  });

  it("finds by itself how many rows at once pay, where no number is set: as many as its descriptors and its memory bear", () => {
    const log = notingLog();
    const told: unknown[] = [];
    const world = { clock: idleClock(), random: () => 0.5, log, openFiles: 1_024 };
    const environment = { ...bounded, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128" };
    keepFunctionWorker({ ...world, environment }, ({ settings, open }) => {
      told.push({ concurrency: settings.concurrency, memory: settings.memory });
      open("source", { bucket: "demo-1250000000", region: "ap-guangzhou" });
      return async () => acknowledge;
    })();
    keepFunctionWorker({ ...world, environment: { ...environment, ORIGINALS_CONCURRENCY: "8" } }, ({ settings }) => {
      told.push({ concurrency: settings.concurrency, memory: settings.memory });
      return async () => acknowledge;
    })();
    // SCF's says it in each invocation's context.
    keepFunctionWorker({ ...world, environment: bounded }, ({ settings }) => {
      told.push({ concurrency: settings.concurrency, memory: settings.memory });
      return async () => acknowledge;
    })({ memory: 64 * 1024 * 1024 });
    expect(told).toEqual([
      { concurrency: 296, memory: 32 * 1024 * 1024 },
      { concurrency: 8, memory: undefined },
      { concurrency: 296, memory: 16 * 1024 * 1024 },
    ]);
    expect(log.entries).toEqual([]);
  });

  it("warns once of a misspelt setting", () => {
    const { worker, log } = setUp({ ...bounded, ORIGINALS_CONCURENCY: "8" });
    worker();
    worker();
    expect(log.entries).toMatchObject([
      { level: "warn", message: expect.stringContaining("ORIGINALS_CONCURRENCY is meant") },
    ]);
  });

  it("says once which places a message may name without bounds, and the line that bounds them", () => {
    const { worker, log } = setUp({ ...environment });
    worker();
    worker();
    expect(log.entries).toMatchObject([
      {
        level: "warn",
        message: expect.stringMatching(/ any place as its manifest; .* ORIGINALS_ALLOW='manifest=cos:/),
      },
    ]);
  });
});
