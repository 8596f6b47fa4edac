/** `status --serve`, looked at with a real browser while a run goes on beside it. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeImage } from "../../../../src/runtime/cli/demo/images.ts";
import { type OpenedBrowser, openBrowser } from "../../../setup/browser.ts";
import { start } from "../built.ts";
import { type Lab, lines, openLab, source } from "../lab.ts";

let lab: Lab;
let browser: OpenedBrowser;
beforeAll(async () => {
  [lab, browser] = await Promise.all([openLab(), openBrowser()]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), lab?.close()]);
});

const hostile = "<img src=x onerror=document.title='broken'>.png";

test("the page of a run moves as it goes on, keeps what was opened, says that it is over, and stays", async () => {
  const many = Array.from({ length: 30 }, (_, i) => `many/${i}.png`);
  for (const [index, key] of many.entries()) lab.emulator.bucket(source).put(key, makeImage("png", 8, index));
  const manifest = await lab.file("many.txt", lines(hostile, ...many));
  let open = 8;
  lab.emulator.faults.use(({ operation, key }) => {
    if (operation !== "object.original" || key === hostile) return undefined;
    return open-- > 0 ? undefined : { kind: "delay", ms: 500 };
  });
  const where = ["--archive", lab.place()];
  const working = start(
    lab.built.cli,
    ["run", ...where, "--run", "live", "--manifest", manifest, "--concurrency", "1", "--stats", "2s"],
    lab.env,
  );
  await working.says(/gone/);
  const { ORIGINALS_SOURCE: _, ...env } = lab.env;
  const showing = start(lab.built.cli, ["status", "live", ...where, "--serve", "--json"], env);
  const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(await showing.says(/127\.0\.0\.1:\d+\//))?.[0] ?? "";

  const page: Page = await browser.context.newPage();
  const noise: string[] = [];
  page.on("request", (request) => !request.url().startsWith(address) && noise.push(request.url()));
  page.on("console", (message) => noise.push(message.text()));
  page.on("pageerror", (error) => noise.push(error.message));
  await page.goto(address);
  const note = page.locator("#live");
  await note.getByText("Live, as of").waitFor();
  const first = await page.locator("main").textContent();
  await page
    .locator("details")
    .first()
    .evaluate((details) => details.setAttribute("open", ""));
  await page.waitForFunction((before) => document.querySelector("main")?.textContent !== before, first);
  expect(await page.locator("details").first().getAttribute("open")).not.toBeNull();

  expect((await working.ended).code).toBe(3);
  await note.getByText("The run is over: this is how it ended.").waitFor();
  expect(await page.locator("main").textContent()).toMatch(/30\s+archived|archived\s+30/i);
  expect(await page.title()).toBe("complete: run live");
  expect(await page.locator("main img").count()).toBe(0);
  await showing.says(/is over; its page stays until Ctrl\+C/);
  await page.reload();
  await note.getByText("The run is over").waitFor();
  showing.kill("SIGINT");
  const ended = await showing.ended;
  expect(ended.code, ended.stderr).toBe(3);
  expect(JSON.parse(ended.stdout)).toMatchObject({ run: "live", state: "complete", archived: 30, failed: 1 });
  expect(noise).toEqual([]);
  await page.close();
});

/** What of the page's own world the functions above use, which run in it. */
declare const document: { querySelector(selector: string): { readonly textContent: string } | null };
