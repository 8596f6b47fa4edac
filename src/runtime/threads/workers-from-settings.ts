/** Who archives in this process, as --workers says. */
import type { Settings } from "../../config/read.ts";
import type { SettingValues } from "../../config/settings.ts";
import type { Surroundings } from "../../run/surroundings/surroundings.ts";
import { createOwnWorkers, type StartWorkers } from "../../run/work/workers.ts";
import { createThreadPool } from "./pool.ts";
import { shareOf, threadsFor } from "./share.ts";
import { startThread } from "./start-thread.ts";

/** What threads/main.ts is started with. */
export interface ThreadData {
  readonly values: SettingValues;
}

/** Beside the command line's own file (scripts/build.mjs). */
const threadFile = new URL("./thread.js", import.meta.url);

/** One worker needs no thread: it is this one. */
export function workersFromSettings({ values }: Settings, surroundings: Surroundings): StartWorkers {
  return (most) => {
    const count = threadsFor(values, most);
    if (count === 1) return createOwnWorkers(surroundings);
    const start = (index: number) => {
      const data: ThreadData = { values: shareOf(values, index, count) };
      return startThread(threadFile, data);
    };
    return createThreadPool({ count, start, log: surroundings.log });
  };
}
