/** What lies in one folder, in the order of keys. */
import { join } from "node:path";
import { compareKeys } from "../../objects/key-order.ts";
import { type Files, orMissing } from "./files.ts";
import { goesOn, isOwnName, segmentOfNames } from "./names/key-path.ts";

/**
 * Segments of keys, those of folders with a slash at their end, in the order of UTF-8 bytes: each begins the keys that lie in it, and no
 * other does. Files whose names no key has are left out, and so are links.
 */
export type Entries = readonly string[];

export type ReadEntries = (folder: string) => Promise<Entries>;

/** Of a folder with fewer it costs less to read them again than to keep them. */
const worthKeeping = 1_000;
const mostKept = 4;
/** The coarsest clock of a file system: FAT's. What changes within it need not change a folder's time. */
const tickMs = 2_000;

interface Kept {
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly entries: Entries;
}

/**
 * All of one folder at once: a system tells its entries in no order. Large ones are kept, for the next page, until they change; so a page of
 * a folder that is being written to is read anew.
 *
 * @param now milliseconds since the epoch
 */
export function createEntries(files: Files, now: () => number): ReadEntries {
  const kept = new Map<string, Kept>();

  return async (folder) => {
    const before = await orMissing(files.lstat(folder, { bigint: true }));
    if (before === undefined) return [];
    const known = kept.get(folder);
    if (known !== undefined) {
      kept.delete(folder);
      if (known.mtimeNs === before.mtimeNs && known.ctimeNs === before.ctimeNs) {
        kept.set(folder, known);
        return known.entries;
      }
    }
    const readAt = now();
    const found: string[] = [];
    const isFlat = await collect(files, folder, [], found);
    const entries = unique(found.sort(compareKeys));
    const { mtimeNs, ctimeNs } = before;
    const settled = readAt - Number(mtimeNs / 1_000_000n) > tickMs;
    if (isFlat && settled && entries.length >= worthKeeping) {
      kept.set(folder, { mtimeNs, ctimeNs, entries });
      if (kept.size > mostKept) for (const [oldest] of kept) return forget(oldest, entries);
    }
    return entries;
  };

  function forget(folder: string, entries: Entries): Entries {
    kept.delete(folder);
    return entries;
  }
}

/** False where names go on in folders within: then this folder's time does not tell of all changes. */
async function collect(files: Files, folder: string, pieces: readonly string[], found: string[]): Promise<boolean> {
  let isFlat = true;
  for (const entry of (await orMissing(files.readdir(folder, { withFileTypes: true }))) ?? []) {
    const { name } = entry;
    if (isOwnName(name)) continue;
    if (entry.isFile()) {
      const segment = segmentOfNames([...pieces, name], "object");
      if (segment !== undefined) found.push(segment);
      continue;
    }
    if (!entry.isDirectory()) continue;
    if (goesOn(name)) {
      isFlat = false;
      await collect(files, join(folder, name), [...pieces, name], found);
      continue;
    }
    const segment = segmentOfNames([...pieces, name], "folder");
    if (segment !== undefined) found.push(`${segment}/`);
  }
  return isFlat;
}

/** A person may have made what differs from ours in its form of Unicode alone. */
function unique(sorted: string[]): Entries {
  return sorted.some((entry, at) => entry === sorted[at - 1])
    ? sorted.filter((entry, at) => entry !== sorted[at - 1])
    : sorted;
}
