import { describe, expect, it } from "vitest";
import { headlineMarkdown, headlineOf, rateText, sizeText } from "./headline.ts";
import { sampleCell, sampleResult } from "./samples.ts";

const machine = { node: "v20.19.0", cores: 2 };

describe("the race in short", () => {
  it("shows concurrency 16, whatever else was measured", () => {
    const cells = [
      sampleCell({ concurrency: 1 }),
      sampleCell(),
      sampleCell({ label: "4MiB" }),
      sampleCell({ concurrency: 64 }),
    ];
    const { concurrency, sizes } = headlineOf(cells);
    expect(concurrency).toBe(16);
    expect(sizes.map(({ label }) => label)).toEqual(["16KiB", "4MiB"]);
  });

  it("shows the first concurrency where 16 was not measured, and says so", () => {
    const headline = headlineOf([sampleCell({ concurrency: 4 })]);
    expect(headline).toMatchObject({ concurrency: 4, sizes: [{ label: "16KiB" }] });
    expect(headlineMarkdown(headline, machine, 3)).toMatch(/^Objects a second, concurrency 4; /);
  });

  it("takes the best of the limit's and of the SDK's forms", () => {
    expect(headlineOf([sampleCell()]).sizes[0]).toMatchObject({
      rates: { limit: 10_000, md5: 8000, undici: 5000, crc64: 5000, sdk: 500 },
      toLimit: { median: 0.75 },
      toUndici: { median: 1.6 },
      toSdk: { median: 15 },
    });
  });

  it("leaves out whoever was wrong, and refuses the ratios", () => {
    const { results } = sampleCell();
    const wrong = results.map((result) => (result.name === "crc64" ? { ...result, wrong: 1 } : result));
    const headline = headlineOf([sampleCell({ results: wrong })]);
    expect(headline.sizes[0]?.rates).toEqual({
      limit: 10_000,
      md5: 8000,
      undici: 5000,
      crc64: undefined,
      sdk: 500,
    });
    expect(headlineMarkdown(headline, machine, 3).split("\n").at(-1)).toBe(
      "| 16 KiB | 10,000 | **8,000** | 5,000 | – | 500 | refused | refused | refused |",
    );
  });

  it("is a Markdown table that says where it was measured", () => {
    expect(headlineMarkdown(headlineOf([sampleCell()]), machine, 3)).toBe(
      [
        "Objects a second, concurrency 16; Node v20.19.0, 2 cores (the store on one of them), median of 3 rounds.",
        "",
        "| size | limit | content-md5 | the same over undici | crc64 | SDK | content-md5 to limit | to undici | to SDK |",
        "|---|---|---|---|---|---|---|---|---|",
        "| 16 KiB | 10,000 | **8,000** | 5,000 | 5,000 | 500 | 0.75 × | 1.60 × | 15.00 × |",
      ].join("\n"),
    );
  });
});

describe("its numbers", () => {
  it.each([
    [7340.4, "7,340"],
    [122.2, "122"],
    [54.31, "54.3"],
    [0.5, "0.5"],
    [5.412, "5.41"],
  ])("%d is %s", (rate, text) => {
    expect(rateText(rate)).toBe(text);
  });

  it("have a space before the unit of a size", () => {
    expect([sizeText("16KiB"), sizeText("100MiB")]).toEqual(["16 KiB", "100 MiB"]);
  });

  it("of nobody are none", () => {
    expect(headlineOf([sampleCell({ results: [sampleResult("asking", "ours", [1])] })]).sizes[0]?.rates).toEqual({
      limit: undefined,
      md5: undefined,
      crc64: undefined,
      sdk: undefined,
    });
  });
});
