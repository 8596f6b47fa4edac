/** Ways in which a service counts requests and refuses the rest. */

/** May a request pass that comes at `ms`? */
export type Throttle = (ms: number) => boolean;

/** `perSecond` in each whole second, as a counter that is set back at each tick does. */
export function fixedWindow(perSecond: number): Throttle {
  let second = -1;
  let used = 0;
  return (ms) => {
    const now = Math.floor(ms / 1_000);
    if (now !== second) used = 0;
    second = now;
    return ++used <= perSecond;
  };
}

/** `perSecond` tokens a second, of which as many as `seconds` bring pile up. A refused request takes none. */
export function tokenBucket(perSecond: number, seconds: number): Throttle {
  const most = Math.max(1, perSecond * seconds);
  let tokens = most;
  let at = 0;
  return (ms) => {
    tokens = Math.min(most, tokens + ((ms - at) / 1_000) * perSecond);
    at = ms;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
