import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageFormats, makeImage } from "../../../../src/runtime/cli/demo/images.ts";
import { type OpenedBrowser, openBrowser } from "../../../setup/browser.ts";

let browser: OpenedBrowser;
let page: Page;
beforeAll(async () => {
  browser = await openBrowser();
  page = await browser.context.newPage();
});
afterAll(() => browser?.close());

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
