/** Once the process is asked to stop, what is in flight may end, but not for as long as a slow service likes. */
import type { Clock } from "../../vocabulary/clock.ts";

/** Most requests take seconds; whoever stops a container kills it after some thirty. */
const GRACE_MS = 25_000;

/**
 * Aborts some time after `signal` does, or at once when `giveUp` does as well, unless `over` does before: the requests of the rows that
 * are left end, and are tried again by the next delivery, charged with nothing.
 */
export function afterGrace(
  { signal, giveUp }: { readonly signal?: AbortSignal | undefined; readonly giveUp?: AbortSignal | undefined },
  clock: Pick<Clock, "sleep">,
  over: AbortSignal,
): AbortSignal {
  const given = new AbortController();
  const onStop = async () => {
    await clock.sleep(GRACE_MS, giveUp === undefined ? over : AbortSignal.any([over, giveUp]));
    if (!over.aborted) given.abort(new Error("the process was asked to stop"));
  };
  if (signal?.aborted) void onStop();
  else signal?.addEventListener("abort", () => void onStop(), { once: true, signal: over });
  return given.signal;
}
