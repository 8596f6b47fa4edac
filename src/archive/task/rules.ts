/** What decides beside the knowledge of a row, as the tasks of a delivery have it. */
import { putLimit } from "../../vocabulary/limits.ts";
import type { Rules } from "./knowledge.ts";
import type { TaskContext } from "./task.ts";

export function rulesOf({ options, run, md5Trust, metadataTrust, multipartAbove, isOnTrial }: TaskContext): Rules {
  return {
    options,
    run,
    trustsMd5: md5Trust.trusted,
    asksMetadata: metadataTrust.asks,
    isOnTrial,
    putLimit: multipartAbove ?? putLimit,
  };
}
