/**
 * What is worked out once for each list of header names. The headers of one kind of request have the same names in the same
 * order, however often it is sent; only their values are new.
 */

/** A header: its lower-case name and its value. */
export type Pair = readonly [name: string, value: string];

/** Kinds of requests are few; a caller who invents names all the time must not fill the memory. */
const MOST_LISTS = 64;

/** `make` is called for a list of names that did not come before; what it throws is thrown on. */
export function oncePerNameList<T>(make: (names: readonly string[]) => T): (pairs: readonly Pair[]) => T {
  let known: { readonly names: readonly string[]; readonly made: T }[] = [];
  return (pairs) => {
    for (const { names, made } of known) if (areNames(names, pairs)) return made;
    const names = pairs.map(([name]) => name);
    const made = make(names);
    if (known.length >= MOST_LISTS) known = [];
    known.push({ names, made });
    return made;
  };
}

function areNames(names: readonly string[], pairs: readonly Pair[]): boolean {
  if (names.length !== pairs.length) return false;
  for (let at = 0; at < names.length; at++) if (names[at] !== (pairs[at] as Pair)[0]) return false;
  return true;
}
