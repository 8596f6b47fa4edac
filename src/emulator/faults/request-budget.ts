/** A budget of requests a second, counted in whole seconds of the emulator's clock. */
export type Budget = (name: string, perSecond: number, nowMs: number) => boolean;

/** `true`: within the budget of `name`. A budget of 0 has no limit. */
export function createBudget(): Budget {
  let second = -1;
  const used = new Map<string, number>();
  return (name, perSecond, nowMs) => {
    if (perSecond <= 0) return true;
    const now = Math.floor(nowMs / 1000);
    if (now !== second) {
      used.clear();
      second = now;
    }
    const count = (used.get(name) ?? 0) + 1;
    used.set(name, count);
    return count <= perSecond;
  };
}
