/** What one thread has of the process's --concurrency and --rate. Pure. */
import type { SettingValues } from "../../config/settings.ts";

/** Threads that have anything to do: each needs a task at least, and a shard. */
export function threadsFor(
  { workers, concurrency }: Pick<SettingValues, "workers" | "concurrency">,
  most: number,
): number {
  return Math.max(1, Math.min(workers, concurrency, most));
}

/** `index` counts from 0. The shares of all add up to what the process has; of the rate a thread is an instance like any other. */
export function shareOf(values: SettingValues, index: number, count: number): SettingValues {
  const { concurrency, maxInstances } = values;
  const whole = Math.floor(concurrency / count);
  const rest = concurrency % count;
  return { ...values, concurrency: whole + (index < rest ? 1 : 0), maxInstances: maxInstances * count };
}
