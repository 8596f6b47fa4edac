/**
 * Requests a second that were let through lately, in constant memory and without an allocation: it is counted at every
 * request, and asked only when one is refused.
 */
const SLOT_MS = 100;
const SLOTS = 100;
/** Services count in whole seconds: a shorter look would take a burst at a second's beginning for a rate. */
const SHORTEST = 1_000 / SLOT_MS;
/** Fewer say too little. */
const ENOUGH = 10;

export interface Throughput {
  /** @param now ms by the clock's `elapsed` */
  count(now: number): void;
  /** Over the shortest time, from one second to ten, in which enough passed to tell; undefined where too few did. */
  perSecond(now: number): number | undefined;
}

export function createThroughput(): Throughput {
  const counts = new Uint32Array(SLOTS);
  let newest = Number.NEGATIVE_INFINITY;

  const moveTo = (slot: number) => {
    if (slot <= newest) return;
    if (slot - newest >= SLOTS) counts.fill(0);
    else for (let at = newest + 1; at <= slot; at++) counts[at % SLOTS] = 0;
    newest = slot;
  };

  return {
    count(now) {
      moveTo(Math.floor(now / SLOT_MS));
      const at = newest % SLOTS;
      counts[at] = (counts[at] ?? 0) + 1;
    },
    perSecond(now) {
      moveTo(Math.floor(now / SLOT_MS));
      let passed = 0;
      for (let back = 0; back < SLOTS; back++) {
        passed += counts[(newest - back + SLOTS) % SLOTS] ?? 0;
        if (back + 1 >= SHORTEST && passed >= ENOUGH) return (passed * 1_000) / ((back + 1) * SLOT_MS);
      }
      return undefined;
    },
  };
}
