/** A real browser, for what people look at. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";

const paths = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface OpenedBrowser {
  readonly context: BrowserContext;
  /** A folder of its own, for pages that are files. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<OpenedBrowser> {
  const executablePath = paths.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      `looking for a browser: found none of ${paths.filter(Boolean).join(", ")}; install chromium (apt-get install chromium), or set CHROMIUM_PATH`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "originals-browser-"));
  // No limits of its own: the test has one.
  const context = await chromium.launchPersistentContext(join(folder, "profile"), {
    executablePath,
    headless: true,
    args: flags,
    timeout: 0,
  });
  context.setDefaultTimeout(0);
  return {
    context,
    folder,
    async close() {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
