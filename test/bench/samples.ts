/** Results as a race would have brought them, for tests of what is made of results. */
import { spread } from "./numbers.ts";
import type { Cell, Result } from "./race.ts";

export function sampleResult(name: string, kind: Result["kind"], rates: readonly number[], more: Partial<Result> = {}) {
  const rate = spread(rates);
  const result: Result = {
    name,
    kind,
    objects: 5000,
    rates,
    rate,
    megabytesPerSecond: (rate.median * 16384) / 1e6,
    cpuMsPerObject: 0.0971,
    peakRssMB: 110.4,
    requests: { get: 1, head: 0, put: 1, ledger: 0.0123 },
    storeLoad: 0.418,
    wrong: 0,
    ...more,
  };
  return result;
}

export function sampleCell(more: Partial<Cell> = {}): Cell {
  return {
    label: "16KiB",
    concurrency: 16,
    results: [
      sampleResult("limit-buffer", "limit", [8000, 10_000, 12_000]),
      sampleResult("limit-stream", "limit", [4000, 5000, 6000]),
      sampleResult("content-md5", "ours", [6000, 8000, 9000]),
      sampleResult("crc64", "ours", [4000, 5000, 6000]),
      sampleResult("undici-md5", "undici", [5000, 5000, 4500]),
      sampleResult("undici-crc64", "undici", [4000, 4000, 6000]),
      sampleResult("s3-md5", "s3", [3000, 4000, 5400]),
      sampleResult("folder-md5", "folder", [600, 800, 1800]),
      sampleResult("asking", "ours", [2000, 2500, 3000]),
      sampleResult("sdk-buffer", "sdk", [400, 500, 600]),
      sampleResult("sdk-stream", "sdk", [300, 300, 300]),
    ],
    ...more,
  };
}
