/** A folder that all files of this run of tests share, for what is made once (made-once.ts); gone when the run is over. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

export default async function openSharedFolder({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "originals-tests-"));
  provide("sharedFolder", folder);
  return () => rm(folder, { recursive: true, force: true });
}
