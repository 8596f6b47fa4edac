/** The pages without a browser: their first sentence, their words in each language, that they stay small, and Markdown of hostile keys. */
import { describe, expect, it } from "vitest";
import { nextStep } from "../../src/report/next-step.ts";
import { layoutOf } from "../../src/report/page/chart.ts";
import { octavesOf } from "../../src/report/page/distributions.ts";
import { headline } from "../../src/report/page/head.ts";
import { reportHtml } from "../../src/report/page/report-html.ts";
import { summaryMarkdown } from "../../src/report/page/summary-markdown.ts";
import { listedSummary } from "../../src/report/summary.ts";
import { summaryText } from "../../src/report/summary-text.ts";
import { english } from "../../src/report/words/en.ts";
import { wordsOf } from "../../src/report/words/words.ts";
import { chinese } from "../../src/report/words/zh.ts";
import { visible } from "../../src/vocabulary/visible.ts";
import { hostileKeys, hostileSummary, summaryOfRun } from "./runs-of-report.ts";

const at = "--ledger cos://archive-1250000000/photos/.originals/ --archive-region ap-guangzhou";

describe("the first sentence, and what to do next", () => {
  it.each([
    ["complete", 0, "Complete: all 22 rows are over, none failed.", "verify", "verify"],
    ["complete", 2, "Complete, but 11 of 22 rows failed.", "redrive", "redrive"],
    ["running", 0, "Running: 22 of 22 rows are over.", "watch", "status"],
    ["incomplete", 0, "Incomplete: 0 of 22 rows are left, and nobody works on them.", "continue", "run --resume"],
    ["halted", 0, "Halted, with 0 of 22 rows left.", "resume", "resume"],
    ["cancelled", 0, "Cancelled, with 0 of 22 rows left.", "uncancel", "resume"],
  ] as const)("of a run that is %s, each %i-th row failed", (state, failedEach, sentence, kind, command) => {
    const summary = summaryOfRun(22, failedEach, { state });
    expect(headline(summary, english)).toBe(sentence);
    expect(nextStep(summary)).toEqual({ kind, command: `cos-originals ${command} nightly-2026-11-29 ${at}` });
    const page = reportHtml(summary);
    expect(page).toContain(`<h1>${sentence}</h1>`);
    expect(page).toContain(`<code>cos-originals ${command} nightly-2026-11-29 ${at}</code>`);
  });

  it("names the whole command that tells others what they were not told, in the page and at a terminal", () => {
    const summary = { ...summaryOfRun(3, 0), undelivered: 2 };
    const command = `cos-originals events nightly-2026-11-29 ${at}`;
    expect(reportHtml(summary)).toContain(`<code>${command}</code>`);
    expect(summaryText(summary)).toContain(`  2 deliveries of events are left, and kept; to try again: ${command}`);
  });

  it("names no command where the summary does not tell where the ledger is", () => {
    expect(nextStep(summaryOfRun(3, 1, { asked: undefined }))).toEqual({ kind: "redrive", command: undefined });
  });
});

describe("the pages' words", () => {
  const shapeOf = (value: unknown): unknown =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shapeOf(inner)]))
      : typeof value;

  it("are all there in each language", () => {
    expect(shapeOf(chinese)).toEqual(shapeOf(english));
  });

  it("are those of the language that is asked for, and none of the other's", () => {
    const summary = summaryOfRun(300, 3);
    const texts = (page: string) => page.replace(/<(style|script)>.*?<\/\1>/gs, "").replace(/<[^>]+>/g, "\n");
    const page = reportHtml(summary, { language: "zh", textOf: () => ({ means: "含义" }) });
    expect(page).toContain('<html lang="zh-CN">');
    const own = texts(page)
      .split("\n")
      // What stands as it is in every language: keys, codes, commands, what services said.
      .filter((line) => !/photos|cos-originals|cos:|^\s*[\w.-]+\s*$|content-md5|batch-7|--|HTTP 404/.test(line));
    expect(own.filter((line) => /[a-z]{4,} [a-z]{2,}/i.test(line))).toEqual([]);
    // Chinese has its own punctuation.
    expect(own.filter((line) => /[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]/.test(line))).toEqual([]);
    expect(texts(reportHtml(summary))).not.toMatch(/[\u4e00-\u9fff]/);
    expect(wordsOf("zh").seconds(725)).toBe("12 分 5 秒");
  });
});

describe("report.html", () => {
  it("of a hundred thousand rows, a fifth of which failed, is as small as of a thousand", () => {
    const [small, large] = [1000, 20_000].map((rows) => reportHtml(summaryOfRun(rows, 5)).length) as [number, number];
    expect(large).toBeLessThan(small * 1.5);
    expect(large).toBeLessThan(200_000);
  });

  it("leaves out what is not known", () => {
    const counts = { archived: 5, skipped: 0, failed: 0, pending: 5, bytes: 10 };
    const page = reportHtml(listedSummary(counts, { run: "r", state: "running", atLeast: true }));
    for (const heading of ["Over time", "Failures", "Sizes and times", "Requests", "Proofs", "Files"])
      expect(page).not.toContain(`>${heading}`);
    expect(page).toContain("at least 5");
    expect(page).toContain("at most 5");
  });

  it("names the files beside it, and says where there are more", () => {
    const files = Array.from({ length: 30 }, (_, part) => ({ name: `failures-0000${part}.csv`, bytes: 1024 }));
    const page = reportHtml(summaryOfRun(5, 1), { files, moreFiles: true });
    expect(page).toContain('<a href="failures-00000.csv">failures-00000.csv</a>');
    expect(page).toContain("and 18 more of them");
    expect(page).toContain("There are more files than are named here.");
  });

  it("says of what an older version recorded that it is not known", () => {
    const summary = summaryOfRun(3000, 0);
    const figures = summary.figures!;
    const older = {
      ...summary,
      figures: { ...figures, unknownRows: 1000, timeline: { ...figures.timeline, untold: 5 } },
    };
    expect(reportHtml(older)).toContain("Of 1,000 rows when they were worked");
    expect(reportHtml(older)).toContain("Throttling is not known of what an older version recorded.");
    expect(reportHtml(summary)).not.toContain("older version");
  });
});

describe("charts", () => {
  it("draw what is empty for long as a gap, and what is empty for short as it is", () => {
    expect(layoutOf([10, 11, 13, 100, 101])).toEqual({
      places: [0, 1, 3, 7, 8],
      width: 9,
      gaps: [{ at: 4, slots: 86 }],
    });
    expect(layoutOf([])).toEqual({ places: [], width: 0, gaps: [] });
  });

  it("show sizes by octaves, those between that are empty too", () => {
    expect(octavesOf({ from: [0, 5, 6, 20], counts: [1, 2, 3, 4] })).toEqual([
      { from: 0, to: 0, count: 1 },
      { from: 1, to: 1, count: 0 },
      { from: 2, to: 4, count: 0 },
      { from: 4, to: 8, count: 5 },
      { from: 8, to: 16, count: 0 },
      { from: 16, to: 32, count: 4 },
    ]);
  });
});

describe("the summary as Markdown", () => {
  it("says how it ended, what to do, the counts and why rows failed", () => {
    const text = summaryMarkdown(summaryOfRun(22, 2));
    expect(text).toContain("**Complete, but 11 of 22 rows failed.**");
    expect(text).toContain(`\`\`\`sh\ncos-originals redrive nightly-2026-11-29 ${at}\n\`\`\``);
    expect(text).toContain("| 22 | 10 | 1 | 11 | 0 |");
    expect(text).toContain("- **NoSuchKey** · 3 · ");
    expect(text).toContain("  - `photos/2026/IMG_0.jpg`\n");
    expect(summaryMarkdown(summaryOfRun(22, 2), { language: "zh" })).toContain("已归档");
  });

  it("has hostile keys in spans of code that none of them ends, and no markup of theirs elsewhere", () => {
    const text = summaryMarkdown(hostileSummary());
    // Spans of code as CommonMark reads them: from a run of ticks to the next run of as many.
    const spans = [...text.matchAll(/(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/g)].map(([, , span = ""]) =>
      span.replace(/^ (.*) $/, "$1"),
    );
    for (const key of hostileKeys.slice(0, 3)) expect(spans).toContain(key);
    const outside = text.replace(/```sh\n.*\n```\n/, "").replace(/(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/g, "");
    expect(outside).not.toMatch(/<|\]\(|broken'/);
    expect(text.split("\n").map(visible).join("\n")).toBe(text);
  });
});
