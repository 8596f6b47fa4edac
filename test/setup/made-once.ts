/** What several files need and takes seconds to make: whichever needs it first makes it, and the others find it. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inject, vi } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    readonly sharedFolder: string;
  }
}

/** How it went: `undefined`, or why it could not be made. */
interface Made {
  readonly fault?: string;
}

/** The folder that `make` filled, once in a run of tests. Nobody writes there later. */
export async function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(inject("sharedFolder"), name);
  const end = `${folder}.json`;
  if (await isFirst(folder)) {
    const made: Made = await make(folder).then(
      () => ({}),
      (error: unknown) => ({ fault: String(error) }),
    );
    // Written aside, so that it is found whole.
    await writeFile(`${end}.part`, JSON.stringify(made));
    await rename(`${end}.part`, end);
  }
  const { fault } = await vi.waitFor(async () => JSON.parse(await readFile(end, "utf8")) as Made, {
    timeout: 600_000,
    interval: 50,
  });
  if (fault !== undefined) throw new Error(`making ${name} for this run of tests: ${fault}`);
  return folder;
}

async function isFirst(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
