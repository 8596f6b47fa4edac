/** A process that does one piece of work after the other, and says what each took. */
import { list } from "./jobs/list.ts";
import { planManifest } from "./jobs/plan-manifest.ts";
import { readFile } from "./jobs/read-manifest.ts";
import { saturate } from "./jobs/saturate.ts";

const jobs = { "read-manifest": readFile, "plan-manifest": planManifest, list, saturate } as const;

type Jobs = typeof jobs;
export type JobOrder = {
  [Name in keyof Jobs]: { readonly job: Name; readonly options: Parameters<Jobs[Name]>[0] };
}[keyof Jobs];

export interface Took {
  readonly ms: number;
  readonly cpuMs: number;
  /** What the job itself counted: rows, entries. */
  readonly count: number;
}

async function work(order: JobOrder): Promise<Took> {
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const from = performance.now();
  const count = await (jobs[order.job] as (options: JobOrder["options"]) => Promise<number>)(order.options);
  const ms = performance.now() - from;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1000, count };
}

process.on("message", (order: JobOrder) => {
  work(order).then(
    (took) => process.send?.(took),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });
