/**
 * A map from 64-bit fingerprints to 32-bit values: open addressing over three arrays, high, low and value, some 11 bytes an entry
 * when it is full. `low` is never zero, so a slot where it is, is free.
 *
 * Beyond a few entries, memory is reserved for all there may be, and memory of which no slot was written costs nothing yet. The
 * table grows within it, from its last slot down, so that no old table lies beside the new one or waits as garbage.
 */
export interface FingerprintTable {
  get(high: number, low: number): number | undefined;
  /** Of a fingerprint that is not there yet. Throws RangeError beyond `most` entries. */
  add(high: number, low: number, value: number): void;
}

const FIRST_SLOTS = 64;
const GROWTH = 4;
const FULLEST = 0.9;
/**
 * Up to here a table is moved instead. Reserving much at once makes V8 collect garbage at once, over and over; where that happens
 * before the process is warm, it takes rows under way for rows that stay, and lays all later ones among what is old.
 */
const FEW_SLOTS = 2 ** 16;

/** @param most entries */
export function createFingerprintTable(most: number): FingerprintTable {
  const enough = Math.ceil(most / FULLEST) + 1;
  let slots = Math.min(FIRST_SLOTS, enough);
  let memory = reserve(slots, enough);
  let used = 0;

  const homeOf = (high: number) => Math.floor((high / 2 ** 32) * slots);
  /** Where it is, or the free slot where it would be. */
  const slotOf = (high: number, low: number): number => {
    const { lows, highs, mask } = memory;
    const told = (high & mask) >>> 0;
    let slot = homeOf(high);
    while (lows[slot] !== 0 && (lows[slot] !== low || highs[slot] !== told)) slot = slot + 1 === slots ? 0 : slot + 1;
    return slot;
  };
  const put = (slot: number, high: number, low: number, value: number) => {
    memory.highs[slot] = high & memory.mask;
    memory.lows[slot] = low;
    memory.values[slot] = value;
  };
  /** What was home at slot h is home at GROWTH × h or a little above: nearly each entry goes where all was moved already. */
  const grow = () => {
    const before = { slots, ...memory };
    slots = slots * GROWTH <= enough / 2 ? slots * GROWTH : enough;
    memory = slots <= before.reserved ? within(before, slots === enough) : reserve(slots, enough);
    const later: number[] = [];
    for (let from = before.slots - 1; from >= 0; from--) {
      const low = before.lows[from]!;
      if (low === 0) continue;
      const high = before.highs[from]!;
      const value = before.values[from]!;
      before.lows[from] = 0;
      let slot = homeOf(high);
      while (slot < slots && memory.lows[slot] !== 0) slot++;
      // Half of a `high` at 2 × `from` or above lies in memory that was read.
      if (slot >= 2 * from && slot < slots) put(slot, high, low, value);
      else later.push(high, low, value);
    }
    for (let at = 0; at < later.length; at += 3) {
      const [high, low, value] = [later[at]!, later[at + 1]!, later[at + 2]!];
      put(slotOf(high, low), high, low, value);
    }
  };

  return {
    get(high, low) {
      const slot = slotOf(high, low);
      return memory.lows[slot] === 0 ? undefined : memory.values[slot];
    },
    add(high, low, value) {
      if (used + 1 > slots * FULLEST && slots < enough) grow();
      if (used >= most) throw new RangeError(`a table for ${most} fingerprints is full`);
      put(slotOf(high, low), high, low, value);
      used++;
    },
  };
}

interface Memory {
  /** In slots. */
  readonly reserved: number;
  readonly lows: Uint32Array;
  readonly values: Uint32Array;
  readonly highMemory: ArrayBuffer;
  readonly highs: Uint32Array | Uint16Array;
  /** Of `high`, what `highs` hold. */
  readonly mask: number;
}

/** For as many slots; for all that may be needed, where they are many. */
function reserve(slots: number, enough: number): Memory {
  const reserved = slots > FEW_SLOTS ? enough : slots;
  // Half of `high` will do for a table that is as large as it becomes, and one that grows on within this has slots to spare.
  const bytes = reserved === slots && slots < enough ? 4 * slots : 4 * Math.ceil(reserved / 2);
  const memory = {
    reserved,
    lows: new Uint32Array(reserved),
    values: new Uint32Array(reserved),
    highMemory: new ArrayBuffer(bytes),
  };
  return within(memory, slots === enough);
}

/**
 * While a table is smaller than it may become, a slot has all of `high`. In the end the lower half will do: the slot tells the
 * upper one, to within the few slots an entry may have been pushed on.
 */
function within({ reserved, lows, values, highMemory }: Omit<Memory, "highs" | "mask">, isLast: boolean): Memory {
  const highs = isLast ? new Uint16Array(highMemory) : new Uint32Array(highMemory);
  return { reserved, lows, values, highMemory, highs, mask: isLast ? 0xffff : -1 };
}
