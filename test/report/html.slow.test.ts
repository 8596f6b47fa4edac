import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportHtml } from "../../src/report/html.ts";
import { listedSummary, type Summary, tallyToSummary } from "../../src/report/summary.ts";
import { addOutcome, addRequests, emptyTally } from "../../src/report/tally.ts";
import { type OpenedBrowser, openBrowser } from "../setup/browser.ts";
import { outcome } from "./outcomes.ts";

const hostile = [
  "<script>document.title='broken'</script>",
  '"><img src=x onerror="document.title=`broken`">',
  "</style></details><h1>broken</h1>",
  "&lt;b&gt; &amp; 'quotes' \" `",
  "\u202egpj.exe",
  "a\0b\nc\u0085d",
  `${"very-long-name/".repeat(50)}a.jpg`,
];

function summaryOf(): Summary {
  const tally = emptyTally();
  for (let row = 0; row < 1234; row++) addOutcome(tally, outcome({ receivedSize: 1024, proof: "content-md5" }));
  addOutcome(tally, outcome({ outcome: "skipped", code: "Duplicate" }));
  for (const key of hostile) addOutcome(tally, outcome({ outcome: "failed", code: "NoSuchKey", key }));
  for (let row = 0; row < 12; row++)
    addOutcome(tally, outcome({ outcome: "failed", code: "<b>Odd</b>", key: `odd-${row}` }));
  addRequests(tally, { "source.get": 1250, "archive.put": 1234 }, 4);
  return tallyToSummary(tally, {
    run: 'nightly-<i>2024</i>"',
    state: "halted",
    startedAt: 1_714_521_600_000,
    endedAt: 1_714_521_661_500,
    reason: "<script>document.title='broken'</script> payment is overdue",
    manifest: "cos://source-125/keys.csv.gz",
  });
}

let browser: OpenedBrowser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

interface Shown {
  readonly page: Page;
  /** Every address asked for but the page itself, and every word of the console. */
  readonly noise: readonly string[];
}

async function show(html: string, width: number, colorScheme: "light" | "dark"): Promise<Shown> {
  const file = join(browser.folder, "report.html");
  await writeFile(file, html);
  const url = pathToFileURL(file).href;
  const page = await browser.context.newPage();
  const noise: string[] = [];
  page.on("request", (request) => request.url() !== url && noise.push(request.url()));
  page.on("console", (message) => noise.push(message.text()));
  page.on("pageerror", (error) => noise.push(error.message));
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme });
  await page.goto(url);
  return { page, noise };
}

/** What of the page's own world the functions below use, which run in it. */
interface PageElement {
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string | null }>;
  readonly parentElement: PageElement | null;
  readonly scrollWidth: number;
  readonly clientWidth: number;
}
declare const document: {
  readonly body: PageElement;
  readonly documentElement: PageElement;
  querySelectorAll(selector: string): Iterable<PageElement>;
};
declare function getComputedStyle(element: PageElement): { readonly color: string; readonly backgroundColor: string };

/** WCAG 2: the contrast of each text with its ground; the lowest, and whose it is. */
function lowestContrast(): { ratio: number; text: string } {
  const luminance = ([r = 0, g = 0, b = 0]: readonly number[]) => {
    const [red = 0, green = 0, blue = 0] = [r, g, b].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const groundOf = (element: PageElement | null): readonly number[] => {
    if (element === null) return [255, 255, 255];
    const ground = channels(getComputedStyle(element).backgroundColor);
    return ground.length === 4 && ground[3] === 0 ? groundOf(element.parentElement) : ground;
  };
  let lowest = { ratio: 21, text: "" };
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes]
      .map((node) => (node.nodeType === 3 ? node.textContent : ""))
      .join("")
      .trim();
    if (text === "") continue;
    const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(groundOf(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < lowest.ratio) lowest = { ratio, text };
  }
  return lowest;
}

describe.each([
  [360, "light"],
  [360, "dark"],
  [1280, "light"],
  [1280, "dark"],
] as const)("report.html, %i pixels wide, in %s", (width, scheme) => {
  it("shows every value as text, asks for nothing, fits, and can be read", async () => {
    const summary = summaryOf();
    const { page, noise } = await show(reportHtml(summary), width, scheme);
    try {
      expect(noise).toEqual([]);
      expect(await page.title()).toBe('Halted: run nightly-<i>2024</i>"');
      expect(await page.locator("h1").allTextContents()).toEqual(['Run nightly-<i>2024</i>"']);
      expect(await page.locator("script, img, link, iframe, a, main i, main b").count()).toBe(0);

      const text = await page.locator("main").textContent();
      for (const part of [
        "Halted",
        "1,254 rows",
        "1,234",
        "1 min 2 s",
        "2024-05-01 00:01:01 UTC",
        "payment is overdue",
        "cos://source-125/keys.csv.gz",
      ]) {
        expect(text).toContain(part);
      }
      const keys = await page.locator("li.key").allTextContents();
      const shown = hostile.map((key) =>
        key.startsWith("a\0") ? "a\u2400b\u240ac\u2421d" : key.replace("\u202e", "\\u202e"),
      );
      expect(keys).toEqual([...Array.from({ length: 10 }, (_, row) => `odd-${row}`), ...shown]);
      expect(await page.locator("details .code").allTextContents()).toEqual(["<b>Odd</b>", "NoSuchKey"]);
      expect(text).toContain("and 2 more, in the failures CSV");

      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBe(0);
      const { ratio, text: faint } = await page.evaluate(lowestContrast);
      expect(ratio, faint).toBeGreaterThanOrEqual(4.5);
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(ground).toBe(scheme === "dark" ? "rgb(17, 20, 24)" : "rgb(255, 255, 255)");
    } finally {
      await page.close();
    }
  });
});

describe("report.html", () => {
  it("leaves out what is not known or did not happen", async () => {
    const counts = { archived: 5, skipped: 0, failed: 0, pending: 5, bytes: 10 };
    const { page } = await show(reportHtml(listedSummary(counts, { run: "r", state: "running" })), 1280, "light");
    try {
      expect(await page.locator("table, details, .reason, a").count()).toBe(0);
      expect(await page.locator(".count .number").allTextContents()).toEqual(["5", "0", "0", "5"]);
      // Half of the bar is archived, half pending; what is none has no part of it.
      const widths = await page
        .locator(".bar span")
        .evaluateAll((all) => all.map((part) => part.getBoundingClientRect().width));
      expect(widths).toHaveLength(2);
      expect(widths[0]).toBeCloseTo(widths[1] ?? 0, 0);
    } finally {
      await page.close();
    }
  });

  it("says of a complete run that rows failed", () => {
    const tally = emptyTally();
    addOutcome(tally, outcome({ outcome: "failed", code: "NoSuchKey" }));
    expect(reportHtml(tallyToSummary(tally, { run: "r", state: "complete" }))).toContain("Complete, 1 failed</p>");
    expect(reportHtml(tallyToSummary(emptyTally(), { run: "r", state: "complete" }))).toContain(">Complete</p>");
  });
});
