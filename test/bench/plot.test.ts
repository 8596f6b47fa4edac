import { describe, expect, it } from "vitest";
import { parseXml } from "../../src/cos/exchange/xml.ts";
import { headlineOf } from "./headline.ts";
import { plotSvg } from "./plot.ts";
import { sampleCell, sampleResult } from "./samples.ts";

const machine = { node: "v20.19.0", cores: 2 };
const draw = (cells: Parameters<typeof headlineOf>[0]) => plotSvg(headlineOf(cells), machine, 3);
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
/** Height of each series' dots, in the order of sizes; larger is lower. */
const dots = (svg: string, name: string) =>
  [...svg.matchAll(new RegExp(`<circle class="${name}" cx="[\\d.]+" cy="([\\d.]+)" r="5"/>`, "g"))]
    .map(([, y]) => Number(y))
    .slice(1);

const tenTimesSlower = sampleCell({
  label: "4MiB",
  results: sampleCell().results.map(({ name, kind, rates }) =>
    sampleResult(
      name,
      kind,
      rates.map((rate) => rate / 10),
    ),
  ),
});

describe("the plot", () => {
  it("is one XML document, readable in light and dark, that needs nothing else", () => {
    const svg = draw([sampleCell()]);
    expect(parseXml(svg)?.name).toBe("svg");
    expect(svg).toContain("@media (prefers-color-scheme: dark)");
    expect(svg.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|href|<script|@import/);
  });

  it("says the size, each rate and the ratios above", () => {
    const said = texts(draw([sampleCell()]));
    for (const text of ["16 KiB", "10,000", "8,000", "5,000", "500", "0.75 × the limit", "15 × the SDK"]) {
      expect(said).toContain(text);
    }
    expect(said.at(-1)).toContain("Node v20.19.0, 2 cores");
  });

  it("is logarithmic: ten times slower is as far down from any rate", () => {
    const svg = draw([sampleCell(), tenTimesSlower]);
    const falls = ["limit", "md5", "crc64", "sdk"].map((name) => {
      const [first = Number.NaN, second = Number.NaN] = dots(svg, name);
      return second - first;
    });
    expect(falls[0]).toBeGreaterThan(10);
    for (const fall of falls) expect(fall).toBeCloseTo(falls[0] ?? Number.NaN, 0);
  });

  it("shows no dot for who was wrong, and no ratio", () => {
    const results = sampleCell().results.map((each) => (each.name === "content-md5" ? { ...each, wrong: 1 } : each));
    const svg = draw([sampleCell({ results })]);
    expect(dots(svg, "md5")).toEqual([]);
    expect(dots(svg, "limit")).toHaveLength(1);
    expect(texts(svg)).toEqual(expect.arrayContaining(["–", "no ratio to the limit", "no ratio to the SDK"]));
  });

  it("of nothing is still a picture", () => {
    expect(parseXml(draw([]))?.name).toBe("svg");
    expect(draw([])).not.toContain("NaN");
  });
});
