/** Looking again, while another attempt has opened the same shard and does not show whether it goes on. */
import type { Clock } from "../../vocabulary/clock.ts";
import { heartbeatMs } from "./control-watch.ts";

/**
 * Until then whoever goes on has shown it by a heartbeat, and there is time left for this attempt to show it in turn before
 * its own open marker grows too old.
 */
const LONGEST_WAIT_MS = heartbeatMs + 2_000;
/** Most opening attempts show it within two requests. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Looks until it sees anything but `wait`, and hands back what it saw last: still `wait` where it has waited long enough. A
 * process that is to stop does not wait, and one of short life keeps half of it to work in.
 */
export async function awaitClaim<Look extends { readonly kind: string }>(
  look: () => Promise<Look>,
  options: {
    readonly clock: Clock;
    /** Milliseconds by the clock's `elapsed`. */
    readonly deadline: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Look> {
  const { clock, deadline, signal } = options;
  let latest = await look();
  const began = clock.elapsed();
  const until = began + Math.min(LONGEST_WAIT_MS, (deadline - began) / 2);
  for (let pause = FIRST_PAUSE_MS; latest.kind === "wait"; pause = Math.min(LONGEST_PAUSE_MS, 2 * pause)) {
    const left = until - clock.elapsed();
    if (left <= 0 || signal?.aborted) break;
    await clock.sleep(Math.min(pause, left), signal);
    latest = await look();
  }
  return latest;
}
