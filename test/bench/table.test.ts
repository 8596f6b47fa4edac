import { describe, expect, it } from "vitest";
import { sampleCell, type sampleResult } from "./samples.ts";
import { cellText, ratiosOf, ratiosText } from "./table.ts";

const withResult = (name: string, more: Parameters<typeof sampleResult>[3]) => {
  const cell = sampleCell();
  return { ...cell, results: cell.results.map((result) => (result.name === name ? { ...result, ...more } : result)) };
};

describe("the ratios of a cell", () => {
  it("are taken against the best of the limit's forms and the best of the SDK's, round by round", () => {
    expect(ratiosOf(sampleCell())).toEqual({
      label: "16KiB",
      concurrency: 16,
      md5ToLimit: { median: 0.75, least: 0.75, most: 0.8 },
      crc64ToLimit: { median: 0.5, least: 0.5, most: 0.5 },
      askingToLimit: { median: 0.25, least: 0.25, most: 0.25 },
      md5ToUndici: { median: 1.6, least: 1.2, most: 2 },
      crc64ToUndici: { median: 1, least: 1, most: 1.25 },
      md5ToSdk: { median: 15, least: 15, most: 16 },
      s3ToCos: { median: 0.5, least: 0.5, most: 0.6 },
      folderToCos: { median: 0.1, least: 0.1, most: 0.2 },
    });
  });

  it.each(["limit-stream", "content-md5", "asking", "sdk-stream"])(
    "are refused, all of them, where any object of %s was wrong",
    (name) => {
      const { md5ToLimit, crc64ToLimit, askingToLimit, md5ToSdk } = ratiosOf(withResult(name, { wrong: 1 }));
      expect([md5ToLimit, crc64ToLimit, askingToLimit, md5ToSdk]).toEqual([undefined, undefined, undefined, undefined]);
    },
  );

  it("leave out who could not be measured: the next best stands for it", () => {
    const ratios = ratiosOf(withResult("limit-buffer", { failure: "it ended" }));
    expect(ratios.md5ToLimit).toEqual({ median: 1.5, least: 1.5, most: 1.6 });
  });

  it("are refused for who could not be measured itself, and only for it", () => {
    const ratios = ratiosOf(withResult("content-md5", { failure: "it ended" }));
    expect([ratios.md5ToLimit, ratios.md5ToSdk]).toEqual([undefined, undefined]);
    expect(ratios.crc64ToLimit?.median).toBe(0.5);
  });

  it("are refused where the other side did not take part", () => {
    const { results } = sampleCell();
    const ratios = ratiosOf(sampleCell({ results: results.filter(({ kind }) => kind !== "sdk") }));
    expect(ratios.md5ToSdk).toBeUndefined();
    expect(ratios.md5ToLimit?.median).toBe(0.75);
  });
});

describe("the text of a cell", () => {
  const line = (text: string, name: string) => text.split("\n").find((each) => each.trimStart().startsWith(name));
  const fields = (text: string, name: string) => line(text, name)?.trim().split(/ {2,}/);

  it("names its columns, and gives CPU in microseconds an object", () => {
    const text = cellText(sampleCell());
    expect(text).toContain("\n16KiB, concurrency 16\n");
    const head = text.split("\n")[2]?.trim().split(/ {2,}/);
    const md5 = fields(text, "content-md5") ?? [];
    expect(Object.fromEntries((head ?? []).map((name, at) => [name, md5[at + 1]]))).toEqual({
      "objects/s": "8,000",
      least: "6,000",
      most: "9,000",
      "MB/s": "131",
      "CPU µs/obj": "97.1",
      "RSS MB": "110",
      GET: "1.000",
      HEAD: "0.000",
      PUT: "1.000",
      ledger: "0.012",
      store: "42 %",
    });
  });

  it("says behind the line how many objects were wrong", () => {
    expect(line(cellText(withResult("crc64", { wrong: 3 })), "crc64")).toMatch(/ 3 OBJECTS WRONG$/);
    expect(cellText(sampleCell())).not.toContain("WRONG");
  });

  it("says why somebody was not measured, in the first line of what it said, and no numbers", () => {
    const text = cellText(withResult("sdk-buffer", { failure: "Error: out of memory\n    at copy" }));
    expect(line(text, "sdk-buffer")?.trim()).toBe("sdk-buffer     not measured: Error: out of memory");
  });
});

describe("the text of the ratios", () => {
  it("gives median, least and most, and says what was refused", () => {
    const wrong = withResult("crc64", { wrong: 1 });
    const lines = ratiosText([ratiosOf(sampleCell()), ratiosOf({ ...wrong, concurrency: 64 })]).split("\n");
    expect(lines[2]?.trim().split(/ {2,}/)).toEqual([
      "content-md5 / limit",
      "crc64 / limit",
      "asking / limit",
      "content-md5 / undici",
      "crc64 / undici",
      "content-md5 / SDK",
      "S3 / COS",
      "folder / COS",
    ]);
    expect(lines[3]?.trim().split(/ {2,}/)).toEqual([
      "16KiB × 16",
      "0.75 (0.75–0.80)",
      "0.50 (0.50–0.50)",
      "0.25 (0.25–0.25)",
      "1.60 (1.20–2.00)",
      "1.00 (1.00–1.25)",
      "15.00 (15.00–16.00)",
      "0.50 (0.50–0.60)",
      "0.10 (0.10–0.20)",
    ]);
    expect(lines[4]?.trim().split(/ {2,}/)).toEqual(["16KiB × 64", ...Array<string>(8).fill("refused")]);
  });
});
