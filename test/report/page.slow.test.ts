/** The pages in a real browser: whole without a script, by its own script alone with one, for eyes, ears and keyboards. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportHtml } from "../../src/report/page/report-html.ts";
import { runsHtml } from "../../src/report/page/runs-html.ts";
import { type OpenedBrowser, openBrowser } from "../setup/browser.ts";
import { hostileKeys, hostileSummary, summaryOfRun } from "./runs-of-report.ts";

const files = [
  { name: "failures-000000.csv", bytes: 34_000 },
  { name: "results-000000.csv.gz", bytes: 84_000 },
];
const runs = Array.from({ length: 30 }, (_, night) => {
  const run = `nightly-2026-11-${String(30 - night).padStart(2, "0")}`;
  if (night === 17) return { kind: "unread", run, reason: "a newer version wrote it: <b>no</b>" } as const;
  const summary = summaryOfRun(200 + night * 3, night % 7 === 3 ? 20 : 0, {
    run,
    state: night === 9 ? "halted" : "complete",
  });
  return { kind: "read", run, summary, cost: { currency: "CNY", from: 0, upTo: 1 + night / 10 } } as const;
});
const index = { ledger: "cos://archive-1250000000/.originals/", runs, more: 4, writtenAt: "2026-11-30T07:00:00.000Z" };

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
declare const document: { readonly documentElement: { readonly scrollWidth: number; readonly clientWidth: number } };
const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
interface Found {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** What axe-core finds wrong, all its rules on. It is put in by the debugger, which a page's policy does not bind. */
async function faults(page: Page): Promise<readonly string[]> {
  const session = await browser.context.newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  const { result } = await session.send("Runtime.evaluate", {
    expression: "axe.run(document).then((found) => JSON.stringify(found))",
    awaitPromise: true,
  });
  const found: Found = JSON.parse(String(result.value));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

describe.each([
  [390, "light"],
  [1280, "dark"],
] as const)("pages %i pixels wide, in %s", (width, scheme) => {
  it.each([
    ["a report", () => reportHtml(summaryOfRun(1234, 9), { files })],
    ["a report in Chinese", () => reportHtml(summaryOfRun(300, 9), { files, language: "zh" })],
    ["a report of hostile keys", () => reportHtml(hostileSummary(), { files })],
    ["thirty nights", () => runsHtml(index)],
  ] as const)("%s asks for nothing, fits, and axe-core finds no fault", async (_, make) => {
    const { page, noise } = await show(make(), width, scheme);
    try {
      expect(await page.evaluate(overflow)).toBe(0);
      expect(await faults(page)).toEqual([]);
      expect(noise).toEqual([]);
    } finally {
      await page.close();
    }
  });
});

describe("report.html", () => {
  it("shows hostile keys as text", async () => {
    const { page, noise } = await show(reportHtml(hostileSummary()), 1280, "light");
    try {
      expect(await page.title()).toBe('Halted: run nightly-<i>2026</i>"');
      expect(await page.locator("img, link, iframe, main script, main i, main b, main h1").count()).toBe(1);
      const shown = hostileKeys.map((key) =>
        key.startsWith("a\0") ? "a\u2400b\u240ac\u2421d" : key.replace("\u202e", "\\u202e"),
      );
      for (const list of [".failure >> nth=0", ".failure >> nth=1"])
        expect(await page.locator(list).locator("li .key").allTextContents()).toEqual(shown);
      expect(await page.locator(".failure .code").allTextContents()).toEqual(["<b>Odd</b>", "NoSuchKey"]);
      expect(noise).toEqual([]);
    } finally {
      await page.close();
    }
  });

  it("finds failures, points at bars, comes closer and goes back, by mouse and by keyboard", async () => {
    const run = summaryOfRun(4000, 9);
    const elsewhere = run.failed - 100;
    const { page, noise } = await show(reportHtml(run), 1280, "light");
    try {
      const rows = page.locator(".failure .samples li:visible");
      const all = await rows.count();
      await page.locator("#search").fill("nosuchkey 404 IMG_45");
      expect(await rows.count()).toBeGreaterThan(0);
      expect(await rows.count()).toBeLessThan(all);
      expect(await page.locator("#found").textContent()).toBe(
        `${await rows.count()} of 100 shown rows; ${elsewhere.toLocaleString("en-US")} more are in the failures CSV alone, and not searched here`,
      );
      await page.locator("#search").fill("");
      await page.locator("#search-code").selectOption({ label: "InvalidRow" });
      expect(await page.locator(".failure:visible .code").allTextContents()).toEqual(["InvalidRow"]);
      await page.locator("#search-code").selectOption("");

      const plot = page.locator(".charts .plot").first();
      const readouts = page.locator(".readout");
      await plot.focus();
      await page.keyboard.press("ArrowRight");
      const first = await readouts.allTextContents();
      expect(first[0]).toMatch(
        /^2026-11-29 1[78]:[05]\d:\d\d · archived \d+ · skipped \d+ · failed \d+ · Rows a second [\d.]+$/,
      );
      await page.keyboard.press("ArrowRight");
      expect(await readouts.allTextContents()).not.toEqual(first);
      const whole = await plot.getAttribute("viewBox");
      await page.keyboard.press("+");
      expect(await plot.getAttribute("viewBox")).not.toBe(whole);
      await page.keyboard.press("Escape");
      expect(await plot.getAttribute("viewBox")).toBe(whole);

      const box = (await plot.boundingBox())!;
      await page.mouse.move(box.x + 40, box.y + 20);
      await page.mouse.down();
      await page.mouse.move(box.x + 200, box.y + 20);
      await page.mouse.up();
      expect(await plot.getAttribute("viewBox")).not.toBe(whole);
      await plot.dblclick();
      expect(await plot.getAttribute("viewBox")).toBe(whole);
      expect(noise).toEqual([]);
    } finally {
      await page.close();
    }
  });
});
