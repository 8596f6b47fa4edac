/**
 * Who is to be told that a signal aborted. Hundreds of requests share one signal, and a listener for each would cost more than
 * their signatures, and be told by Node as a leak: so there is one a signal, as long as anybody waits for it (longer, and it would
 * keep alive a signal that follows another).
 */
export interface Aborted {
  onAbort(reason: unknown): void;
}

/**
 * Did it? Node 20 gives each signal a shape of its own, so that whatever was compiled for the signals of one shard is thrown away at the next.
 * Asked here, in one place that has seen more shapes than a compiler tells apart, it stays.
 */
export const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

const SHAPES_TOLD_APART = 4;
/** Before that nothing is noted of what a function meets. */
const CALLS = 100;
for (const { signal } of Array.from({ length: SHAPES_TOLD_APART + 1 }, () => new AbortController())) {
  for (let call = 0; call < CALLS; call++) isAborted(signal);
}

interface Watch {
  readonly all: Set<Aborted>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

export function watchAbort(signal: AbortSignal, who: Aborted): void {
  const watch = watches.get(signal) ?? startWatch(signal);
  watch.all.add(who);
}

export function forgetAbort(signal: AbortSignal, who: Aborted): void {
  const watch = watches.get(signal);
  if (watch === undefined || !watch.all.delete(who) || watch.all.size > 0) return;
  watches.delete(signal);
  signal.removeEventListener("abort", watch.listener);
}

function startWatch(signal: AbortSignal): Watch {
  const all = new Set<Aborted>();
  const listener = () => {
    for (const each of [...all]) each.onAbort(signal.reason);
  };
  const watch = { all, listener };
  watches.set(signal, watch);
  signal.addEventListener("abort", listener);
  return watch;
}
