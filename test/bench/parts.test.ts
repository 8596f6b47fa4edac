/** What each part says of its result. */
import { describe, expect, it } from "vitest";
import { spread } from "./numbers.ts";
import { type CommandResult, commandCellText, commandsText } from "./parts/commands.ts";
import { listText } from "./parts/list.ts";
import { planText } from "./parts/plan.ts";
import { rowsResult, rowsText } from "./parts/rows.ts";
import { startText } from "./parts/start.ts";
import { ceilingOf, storeText } from "./parts/store.ts";
import { sampleCell, sampleResult } from "./samples.ts";

const linesOf = (text: string) => text.split("\n").map((line) => line.trim());

describe("the store's own ceiling", () => {
  const measured = {
    label: "16KiB",
    connections: 32,
    rates: [19_000, 20_000, 22_000],
    storeLoad: 0.8,
    wrong: 0,
  } as const;

  it("is what its whole core is good for, and the fastest of the race is told as a share of it", () => {
    const ceiling = ceilingOf(measured, [sampleCell({ concurrency: 1 }), sampleCell()]);
    expect(ceiling).toMatchObject({ ceiling: 25_000, megabytesPerSecond: 409.6 });
    expect(ceiling.fastest).toEqual({ name: "limit-buffer", concurrency: 1, share: 0.4 });
    expect(linesOf(storeText({ ceilings: [ceiling] }))[2]).toBe(
      "16KiB × 32    20,000 (19,000–22,000) pairs/s with 80 % of its core: it could do 25,000 pairs/s, 410 MB/s; of that the fastest of the race, limit-buffer × 1, used 40 %",
    );
  });

  it("is not taken for higher than what was reached where its threads used more than one core", () => {
    expect(ceilingOf({ ...measured, storeLoad: 1.25 }, []).ceiling).toBe(20_000);
  });

  it.each([
    ["the race had another size", measured, [sampleCell({ label: "4MiB" })]],
    [
      "nobody in the race was right",
      measured,
      [sampleCell({ results: [sampleResult("crc64", "ours", [9], { wrong: 1 })] })],
    ],
    ["an object of the store's own was wrong", { ...measured, wrong: 2 }, [sampleCell()]],
  ])("has nobody's share where %s", (_, load, cells) => {
    const ceiling = ceilingOf(load, cells);
    expect(ceiling.fastest).toBeUndefined();
    expect(storeText({ ceilings: [ceiling] })).not.toContain("the fastest of the race");
  });

  it("says what was wrong", () => {
    expect(storeText({ ceilings: [ceilingOf({ ...measured, wrong: 2 }, [])] })).toMatch(/ 2 OBJECTS WRONG$/);
  });
});

describe("growing numbers of rows", () => {
  const numbers = [1000, 10_000, 100_000];

  it("stand on one line, each with its spread", () => {
    const result = rowsResult(
      numbers,
      [
        [900, 1000],
        [990, 1100],
        [1080, 1200],
      ],
      [0, 0, 0],
    );
    expect(result.proportional).toBe(true);
    const lines = linesOf(rowsText(result));
    expect(lines[2]).toBe(
      "1,000 rows: 950 (900–1,000)   10,000 rows: 1,045 (990–1,100)   100,000 rows: 1,140 (1,080–1,200)",
    );
    expect(lines[3]).toBe(
      "never slower than proportional: 10,000 rows go at 1.10 (1.10–1.10) of the rate of 1,000, 100,000 rows go at 1.20 (1.20–1.20) of the rate of 1,000",
    );
  });

  it("are compared round by round: a slow round is no slope", () => {
    expect(
      rowsResult(
        numbers,
        [
          [100, 1000, 1000],
          [100, 990, 2000],
          [99, 2000, 1000],
        ],
        [0, 0, 0],
      ).proportional,
    ).toBe(true);
  });

  it.each([
    ["in the middle", [[1000], [900], [1000]]],
    ["at the end", [[1000], [1000], [900]]],
  ])("are slower than proportional where the rate falls %s", (_, rates) => {
    const result = rowsResult(numbers, rates, [0, 0, 0]);
    expect(result.proportional).toBe(false);
    expect(rowsText(result)).toContain("SLOWER THAN PROPORTIONAL");
  });

  it("say nothing of proportion where an object was wrong", () => {
    const result = rowsResult(numbers, [[1000], [1000], [1000]], [0, 1, 0]);
    expect(result.proportional).toBeUndefined();
    expect(linesOf(rowsText(result)).at(-1)).toBe("refused");
    expect(rowsText(result)).toContain("10,000 rows: 1,000 (1,000–1,000), 1 OBJECTS WRONG");
  });
});

describe("a cold start", () => {
  const start = {
    file: "lambda.cjs",
    event: "shard",
    rows: 1000,
    ms: spread([98, 110, 149]),
    importMs: spread([50]),
    wrong: 0,
  } as const;
  const bundles = [{ file: "lambda.cjs", bytes: 686_000 }];

  it("is told with its range, the import's share, and the bundle's size", () => {
    expect(
      linesOf(startText({ runs: 15, bundles, starts: [start, { ...start, event: "manifest", rows: 1 }] })),
    ).toEqual([
      "",
      "Cold start, from the beginning of the import to the first GET of an original, median of 15 (least–most)",
      "lambda.cjs    a shard of 1,000 rows        110 ms (98–149)   of it the import 50 ms (50–50)",
      "lambda.cjs    a manifest of one key        110 ms (98–149)   of it the import 50 ms (50–50)",
      "lambda.cjs    686 KB",
    ]);
  });

  it("says what is over its target, and what was wrong", () => {
    const slow = { ...start, ms: spread([151]), wrong: 2 };
    const text = startText({ runs: 15, bundles: [{ file: "lambda.cjs", bytes: 1_000_001 }], starts: [slow] });
    expect(linesOf(text)[2]).toMatch(/ OVER 150 ms {3}2 STARTS WRONG$/);
    expect(linesOf(text)[3]).toBe("lambda.cjs    1000 KB   OVER 1 MB");
  });
});

describe("manifests", () => {
  const formats = [{ name: "csv, header", reading: spread([900_000, 1_000_000]), planning: spread([400_000]) }];
  const command = {
    rows: 1_000_000,
    seconds: spread([2.5, 2.7, 3]),
    peakMB: 176,
    zcatSeconds: spread([0.5]),
    toZcat: spread([5, 5.4, 6]),
  };

  it("are told in rows a second, and the command line beside zcat", () => {
    const lines = linesOf(planText({ rows: 200_000, formats, command, wrong: [] }));
    expect(lines[3]?.split(/ {2,}/)).toEqual([
      "csv, header",
      "950,000 (900,000–1,000,000)",
      "400,000 (400,000–400,000)",
    ]);
    expect(lines[4]).toBe(
      "`cos-originals plan` of 1,000,000 rows of gzipped CSV: 2.70 (2.50–3.00) s, peak RSS 176 MB; `zcat FILE | wc -l` 0.50 (0.50–0.50) s: 5.40 (5.00–6.00) times as long",
    );
  });

  it("do without zcat where there is none, and say what was wrong", () => {
    const alone = { ...command, zcatSeconds: undefined, toZcat: undefined };
    const lines = linesOf(planText({ rows: 200_000, formats, command: alone, wrong: ["json, reading: 3 rows"] }));
    expect(lines[4]).toMatch(/; no `zcat FILE \| wc -l` to compare it with$/);
    expect(lines[5]).toBe("WRONG: json, reading: 3 rows");
  });
});

describe("a listing", () => {
  it("is told in entries a second, side by side and one by one, and what was wrong", () => {
    const listing = { sideBySide: spread([90_000]), oneByOne: spread([30_000]), gain: spread([3]) };
    const listings = [
      { delayMs: 0, ...listing },
      { delayMs: 20, ...listing },
    ];
    const lines = linesOf(listText({ entries: 100_800, listings, wrong: ["side by side: 7 entries"] }));
    expect(lines[1]).toBe("Listing 100,800 keys, entries/s, median (least–most)");
    expect(lines[3]?.split(/ {2,}/)).toEqual([
      "answers at once",
      "90,000 (90,000–90,000)",
      "30,000 (30,000–30,000)",
      "3.00",
    ]);
    expect(lines[4]).toMatch(/^answers after 20 ms /);
    expect(lines[5]).toBe("WRONG: side by side: 7 entries");
  });
});

describe("whole commands", () => {
  const result = (name: CommandResult["name"], seconds: readonly number[], more: Partial<CommandResult> = {}) => ({
    ...{ name, says: `as ${name} does`, seconds, cpuSeconds: seconds.map((each) => each / 2), peakMB: 98, wrong: 0 },
    ...more,
  });
  const cell = (results: readonly CommandResult[], more: { readonly delayMs?: number } = {}) =>
    ({ keys: 400, label: "16KiB", delayMs: 0, atOnce: 32, results, ...more }) as const;
  const ours = result("run", [0.5, 0.6, 0.9]);
  const theirs = result("rclone-best", [0.2, 0.2, 0.3]);

  it("are told with time, CPU and memory, and as shares of rclone's best, round by round", () => {
    const lines = linesOf(commandCellText(cell([ours, theirs]), false));
    expect(lines[1]).toBe("400 keys of 16 KiB: the whole command, seconds, median (least–most)");
    expect(lines[3]?.split(/ {2,}/)).toEqual([
      ...["run", "0.60 (0.50–0.90)", "0.30 (0.25–0.45)", "98 MB", "3.00 ×, 3.00 ×", "as run does"],
    ]);
    expect(lines[4]?.split(/ {2,}/)).toEqual([
      ...["rclone-best", "0.20 (0.20–0.30)", "0.10 (0.10–0.15)", "98 MB", "as rclone-best does"],
    ]);
  });

  it("are over what is aimed at over plain HTTP and from a store that answers at once, by their default alone", () => {
    expect(commandCellText(cell([ours, theirs]), true)).toContain("3.00 ×, 3.00 × (OVER 2 ×)");
    expect(commandCellText(cell([result("run", [0.4, 0.4, 0.6]), theirs]), true)).not.toContain("OVER");
    expect(commandCellText(cell([result("run-keys", ours.seconds), theirs]), true)).not.toContain("OVER");
    expect(commandCellText(cell([ours, theirs], { delayMs: 50 }), true)).not.toContain("OVER");
  });

  it("are compared with nothing where rclone is missing, or was wrong", () => {
    expect(linesOf(commandCellText(cell([ours]), true))[3]).toMatch(/98 MB {3}as run does$/);
    const wrong = commandCellText(cell([ours, { ...theirs, wrong: 2 }]), true);
    expect(linesOf(wrong)[3]).toMatch(/98 MB {3}as run does$/);
    expect(wrong).toMatch(/as rclone-best does {3}2 OBJECTS WRONG$/);
    const starts = { help: spread([0.15]), node: spread([0.05]) };
    expect(commandsText({ rclone: undefined, starts, cells: [] })).toContain("rclone is not installed");
    expect(commandsText({ rclone: "rclone v1.60.1", starts, cells: [] })).toContain("rclone v1.60.1\n");
  });

  it("say why they could not be measured, and have no share then", () => {
    const failed = { ...ours, failure: "it ended with 4: halted" };
    expect(linesOf(commandCellText(cell([failed, theirs]), true))[3]).toMatch(
      /98 MB {3}as run does {3}FAILED: it ended with 4: halted$/,
    );
  });
});
