/**
 * The keys below a prefix, in the order of their UTF-8 bytes: folder by folder, of each of which no more than its own entries is held. What
 * an entry begins lies together in that order, so a folder is walked where its name stands among its neighbours' (entries.ts).
 */
import type { ListedObject, ListOptions, ListPage } from "../../objects/bucket.ts";
import { compareKeys } from "../../objects/key-order.ts";
import { keysPerPage } from "../../vocabulary/limits.ts";
import type { Entries, ReadEntries } from "./entries.ts";
import { isMissing } from "./files.ts";
import { namesOfFolder } from "./names/key-path.ts";
import { millisecondsOf, type Reading } from "./reading.ts";
import type { Ways } from "./ways.ts";

interface Wanted {
  readonly prefix: string;
  /** "": from the beginning. */
  readonly marker: string;
  /** "/" folds folders without walking them; any other is folded by who reads the keys. */
  readonly delimiter: string;
}

type Listed = { readonly key: string } | { readonly prefix: string };

export function createListing(ways: Ways, entriesOf: ReadEntries, reading: Reading) {
  const pathOf = (base: string) => ways.pathOf(...namesOfFolder(base));

  /** @param base what all keys in the folder begin with: "" or `…/` */
  async function* walk(base: string, wanted: Wanted): AsyncGenerator<Listed> {
    const { prefix, marker, delimiter } = wanted;
    const entries = await entriesOf(pathOf(base));
    for (let at = firstToLookAt(entries, base, wanted); at < entries.length; at++) {
      const entry = entries[at] as string;
      const name = base + entry;
      const isBelow = name.startsWith(prefix);
      if (!isBelow && !prefix.startsWith(name)) {
        if (compareKeys(name, prefix) > 0) return;
        continue;
      }
      if (!entry.endsWith("/")) {
        if (isBelow && (marker === "" || compareKeys(name, marker) > 0)) yield { key: name };
        continue;
      }
      // The marker is behind all that it holds.
      if (marker !== "" && !marker.startsWith(name) && compareKeys(marker, name) > 0) continue;
      if (delimiter !== "/" || !isBelow || name.length === prefix.length) yield* walk(name, wanted);
      else if (marker !== name && (await holdsAny(name, wanted))) yield { prefix: name };
    }
  }

  /** A folder may be empty: its objects were deleted, or are about to be there. */
  async function holdsAny(base: string, wanted: Wanted): Promise<boolean> {
    for await (const _ of walk(base, { ...wanted, delimiter: "" })) return true;
    return false;
  }

  async function listed(key: string): Promise<ListedObject | undefined> {
    const glance = await reading.glance(key);
    if (glance === undefined) return undefined;
    const { about, version } = glance;
    return {
      key,
      size: Number(version.size),
      etag: about?.etag ?? "",
      lastModified: millisecondsOf(version),
      storageClass: "STANDARD",
    };
  }

  return async function page(options: ListOptions, what: string): Promise<Omit<ListPage, "serverTime">> {
    const { prefix = "", marker = "", delimiter = "" } = options;
    const most = Math.min(keysPerPage, Math.max(1, options.maxKeys ?? keysPerPage));
    const base = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    const keys: string[] = [];
    const prefixes: string[] = [];
    let nextMarker: string | undefined;
    let last = "";
    try {
      await ways.look(pathOf(base), what);
    } catch (thrown) {
      if (!isMissing(thrown)) throw thrown;
      return { objects: [], prefixes, nextMarker };
    }
    for await (const found of walk(base, { prefix, marker, delimiter })) {
      const cut = "key" in found && delimiter !== "" ? found.key.indexOf(delimiter, prefix.length) : -1;
      const group = "prefix" in found ? found.prefix : cut < 0 ? undefined : found.key.slice(0, cut + delimiter.length);
      if (group !== undefined && (group === prefixes.at(-1) || group === marker)) continue;
      if (keys.length + prefixes.length === most) {
        nextMarker = last;
        break;
      }
      if (group !== undefined) prefixes.push(group);
      else if ("key" in found) keys.push(found.key);
      last = group ?? ("key" in found ? found.key : last);
    }
    const objects = await Promise.all(keys.map(listed));
    return { objects: objects.filter((object) => object !== undefined), prefixes, nextMarker };
  };
}

/** Of those before it nothing is wanted. */
function firstToLookAt(entries: Entries, base: string, { prefix, marker }: Wanted): number {
  const from = marker !== "" && compareKeys(marker, prefix) > 0 ? marker : prefix;
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(base + (entries[middle] as string), from) < 0) low = middle + 1;
    else high = middle;
  }
  // The folder that it lies in is before it, and right before it.
  const before = entries[low - 1];
  return before?.endsWith("/") === true && from.startsWith(base + before) ? low - 1 : low;
}
