/** The benchmark itself, run: what it measures must be right; how fast anything is, no test says. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { thorough } from "../setup/thorough.ts";
import { contestantsAt } from "./contestants.ts";
import { canLimit } from "./cpu-share.ts";
import type { CommandsResult } from "./parts/commands.ts";
import type { CopyResult } from "./parts/copy.ts";
import type { FunctionsResult } from "./parts/functions.ts";
import type { RowsResult } from "./parts/rows.ts";
import type { StoreResult } from "./parts/store.ts";

const script = fileURLToPath(new URL("../../scripts/bench.mjs", import.meta.url));

function bench(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe("npm run bench", () => {
  // The benchmark is a tool of those who work here: by day it is tried by its whole commands and one part, by night by all of it.
  it.runIf(thorough)("races everybody, and every object arrives right", async () => {
    const race = ["--parts", "copy", "--sizes", "16KiB", "--concurrency", "4", "--rounds", "1", "--objects", "64"];
    const { code, stdout, stderr } = await bench(...race, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining("16KiB, concurrency 4") });
    const { cells, ratios, transport } = JSON.parse(stdout) as CopyResult & { readonly transport: string };
    expect(transport).toBe("TLS");
    const [cell] = cells;
    expect(cell?.results.map(({ name }) => name)).toEqual(contestantsAt("16KiB", 4, undefined).map(({ name }) => name));
    for (const { name, objects, failure, wrong, rates, requests, cpuMsPerObject } of cell?.results ?? []) {
      const isSlow = /^(sdk|folder)-/.test(name);
      expect({ name, objects, failure, wrong }).toEqual({
        name,
        objects: isSlow ? 8 : 64,
        failure: undefined,
        wrong: 0,
      });
      expect(rates).toHaveLength(1);
      // Each original is fetched once and put once, whoever does it; who asks, asks source and archive.
      expect(requests).toMatchObject({ get: 1, put: 1 });
      // What the archive holds is told by LISTs.
      if (name === "asking") expect(requests.head).toBe(1);
      expect(cpuMsPerObject).toBeGreaterThan(0);
    }
    expect(ratios[0]).toMatchObject({ label: "16KiB", concurrency: 4, md5ToSdk: { median: expect.any(Number) } });
  });

  it("measures a part alone, each number of rows and the store itself right", async () => {
    const { code, stdout } = await bench(
      ...["--parts", "store,rows", "--rounds", "1", "--objects", "12"],
      "--plain",
      "--json",
    );
    expect(code).toBe(0);
    const measured = JSON.parse(stdout) as Partial<CopyResult> & { store: StoreResult; rows: RowsResult };
    expect(measured.cells).toBeUndefined();
    expect(measured.store.ceilings.map(({ label, wrong }) => ({ label, wrong }))).toEqual([
      { label: "16KiB", wrong: 0 },
      { label: "4MiB", wrong: 0 },
    ]);
    expect(measured.rows.counts.map(({ rows, wrong }) => ({ rows, wrong }))).toEqual([
      { rows: 12, wrong: 0 },
      { rows: 120, wrong: 0 },
      { rows: 1200, wrong: 0 },
    ]);
  });

  it("runs whole commands, also over TLS and from afar, and every object arrives right", async () => {
    const lap = ["--parts", "commands", "--sizes", "16KiB", "--rounds", "1", "--objects", "12"];
    const { code, stdout } = await bench(...lap, "--json");
    const { commands } = JSON.parse(stdout) as { readonly commands: CommandsResult };
    const ours = ["run", "run-keys", "run-best"];
    const names = commands.rclone === undefined ? ours : [...ours, "rclone", "rclone-best"];
    expect(commands.cells.map(({ keys, delayMs }) => ({ keys, delayMs }))).toEqual([
      { keys: 12, delayMs: 0 },
      { keys: 12, delayMs: 50 },
    ]);
    for (const { results } of commands.cells) {
      expect(results).toEqual(
        names.map((name) => expect.objectContaining({ name, wrong: 0, seconds: [expect.any(Number)] })),
      );
      for (const { cpuSeconds } of results) expect(cpuSeconds[0]).toBeGreaterThan(0);
      expect(results.filter(({ failure }) => failure !== undefined)).toEqual([]);
    }
    expect(commands.starts.help.median).toBeGreaterThan(0);
    expect(code).toBe(0);
  });

  it.runIf(thorough)(
    "hands functions of each memory one shard after the other, and every object arrives right",
    async () => {
      const lap = ["--parts", "functions", "--sizes", "16KiB", "--rounds", "1", "--objects", "8", "--plain"];
      const { code, stdout } = await bench(...lap, "--json");
      const { functions } = JSON.parse(stdout) as { readonly functions: FunctionsResult };
      const memories = canLimit ? [128, 256, 512, 1_024, 1_769] : [1_769];
      expect(functions.functions.map(({ memoryMB, wrong }) => ({ memoryMB, wrong }))).toEqual(
        memories.map((memoryMB) => ({ memoryMB, wrong: 0 })),
      );
      for (const { objectsPerGBSecond, coldMs, peakRssMB } of functions.functions) {
        expect([objectsPerGBSecond.median, coldMs, peakRssMB].every((value) => value > 0)).toBe(true);
      }
      expect(code).toBe(0);
    },
  );

  it("refuses what it does not know, in one sentence and with exit code 2", async () => {
    const { code, stdout, stderr } = await bench("--rounds", "abc");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe('--rounds "abc" is not a whole number from 1 to 1,000.\n');
  });
});
