import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageFormats, makeImage } from "../../../../src/runtime/cli/demo/images.ts";

const browserPaths = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

let folder = "";
let context: BrowserContext | undefined;
let page: Page;

beforeAll(async () => {
  const executablePath = browserPaths.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      "looking for a browser that decodes the demo's images: found none; install chromium, or set CHROMIUM_PATH",
    );
  }
  folder = await mkdtemp(join(tmpdir(), "originals-images-"));
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"];
  context = await chromium.launchPersistentContext(join(folder, "profile"), { executablePath, headless: true, args });
  page = await context.newPage();
}, 60_000);

afterAll(async () => {
  await context?.close();
  await rm(folder, { recursive: true, force: true });
});

describe("an image of the demo", () => {
  it.each(imageFormats)("is a valid %s that a browser decodes whole, at every size", async (format) => {
    const type = `image/${format === "jpg" ? "jpeg" : format}`;
    for (const side of [1, 7, 16, 33, 250]) {
      const base64 = makeImage(format, side, side).toString("base64");
      // As text: the browser's own names are not those of this project's type check.
      const size = await page.evaluate(`(async () => {
        const bytes = Uint8Array.from(atob("${base64}"), (character) => character.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: "${type}" }));
        return [bitmap.width, bitmap.height];
      })()`);
      expect(size, `${format} of ${side}`).toEqual([side, side]);
    }
  });

  it.each(imageFormats)("%s is the same bytes for the same seed, and others for another", (format) => {
    expect(makeImage(format, 20, 1).equals(makeImage(format, 20, 1))).toBe(true);
    expect(makeImage(format, 20, 1).equals(makeImage(format, 20, 2))).toBe(false);
  });
});
