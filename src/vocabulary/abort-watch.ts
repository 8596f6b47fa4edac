/**
 * Who is to be told that a signal aborted. Hundreds of requests share one signal, and a listener for each would cost more than
 * their signatures, and be told by Node as a leak: so there is one a signal, as long as anybody waits for it (longer, and it would
 * keep alive a signal that follows another).
 */
export interface Aborted {
  onAbort(reason: unknown): void;
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
