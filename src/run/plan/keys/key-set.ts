/** Keys to leave out, some 13 bytes each: of each only a fingerprint is kept, seeded anew each time. */
import type { Random } from "../../../vocabulary/clock.ts";
import { createFingerprintTable } from "./fingerprint-table.ts";
import { exactRows, fingerprint } from "./given-keys.ts";

export const mostKeysInSet = exactRows;

interface Named {
  readonly key: string;
  readonly versionId?: string | undefined;
}

export interface KeySet {
  /** A row that names a version stands for that version alone, any other for all of its key. False where there is no room for more. */
  add(row: Named): boolean;
  has(row: Named): boolean;
}

export function createKeySet(random: Random, most = mostKeysInSet): KeySet {
  const seed = Math.floor(random() * 2 ** 32);
  const table = createFingerprintTable(most);
  let rows = 0;
  const nameOf = (key: string, versionId = "") => fingerprint(`${versionId}\n${key}`, seed);
  return {
    add({ key, versionId }) {
      const { high, low } = nameOf(key, versionId);
      if (table.get(high, low) !== undefined) return true;
      if (rows >= most) return false;
      table.add(high, low, 1);
      rows++;
      return true;
    },
    has({ key, versionId }) {
      const whole = nameOf(key);
      if (table.get(whole.high, whole.low) !== undefined) return true;
      if (versionId === undefined) return false;
      const { high, low } = nameOf(key, versionId);
      return table.get(high, low) !== undefined;
    },
  };
}
