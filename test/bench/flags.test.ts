import { describe, expect, it } from "vitest";
import { readFlags } from "./flags.ts";
import { partNames } from "./part.ts";

describe("the benchmark's flags", () => {
  it("ask for everything where nothing is said", () => {
    expect(readFlags([])).toEqual({
      parts: partNames,
      sizes: ["16KiB", "256KiB", "4MiB", "100MiB"],
      concurrency: [1, 16, 64],
      rounds: 9,
      objects: undefined,
      only: undefined,
      nodeFlags: [],
      plain: false,
      json: false,
      markdown: false,
      plot: undefined,
    });
  });

  it("are taken as they are said", () => {
    const args = ["--parts", "copy", "--sizes", "4MiB,16KiB", "--concurrency", "4,1000", "--rounds", "1"];
    args.push("--objects", "64", "--only", "crc64,asking", "--node-flags=--cpu-prof --no-opt", "--json", "--plain");
    expect(readFlags([...args, "--plot", "plot.svg"])).toEqual({
      parts: ["copy"],
      sizes: ["4MiB", "16KiB"],
      concurrency: [4, 1000],
      rounds: 1,
      objects: 64,
      only: ["crc64", "asking"],
      nodeFlags: ["--cpu-prof", "--no-opt"],
      plain: true,
      json: true,
      markdown: false,
      plot: "plot.svg",
    });
  });

  it.each([
    [["--parts", "copy,start-up"], /^--parts "start-up" is none of copy.*\.$/],
    [["--parts", ""], /^--parts "" is none of copy.*\.$/],
    [["--sizes", "16KB"], /^--sizes "16KB" is none of 16KiB, 256KiB, 4MiB, 100MiB\.$/],
    [["--only", "limit"], /^--only "limit" is none of limit-buffer, .*, rclone-best\.$/],
    [
      ["--only", "limit-buffer", "--sizes", "4MiB"],
      /^--only "limit-buffer" names nobody who is measured at --sizes "4MiB"\.$/,
    ],
    [["--rounds", "abc"], /^--rounds "abc" is not a whole number from 1 to 1,000\.$/],
    [["--rounds", "0"], /^--rounds "0" is not/],
    [["--rounds", "1e3"], /^--rounds "1e3" is not/],
    [["--concurrency", "16,"], /^--concurrency "" is not/],
    [["--objects", "0.5"], /^--objects "0\.5" is not/],
    [["--cells", "1"], /^Unknown option '--cells'\.$/],
    [["--rounds"], /^Option '--rounds <value>' argument missing\.$/],
    [
      ["--node-flags", "--cpu-prof"],
      /^Option '--node-flags' argument is ambiguous; a value that begins with a dash is written --node-flags=VALUE\.$/,
    ],
    [["copy"], /^Unexpected argument 'copy'\.$/],
    [["--parts", "rows", "--plot", "x.svg"], /^--plot shows the race, but --parts "rows" lacks copy\.$/],
    [["--parts", "rows,list", "--markdown"], /^--markdown shows the race, but --parts "rows,list" lacks copy\.$/],
    [["--json", "--markdown"], /^--json and --markdown both want standard output; give one of them\.$/],
  ])("%j are refused in one sentence", (args, sentence) => {
    expect(() => readFlags(args)).toThrow(
      expect.objectContaining({ code: "InvalidSetting", message: expect.stringMatching(sentence) }),
    );
  });
});
