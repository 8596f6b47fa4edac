/** From imports between files to arrows between rooms. */
import type { Sources } from "./house.ts";

/** Rooms by the rooms that they import from, both in the order of the floors; imports within a room are none. */
export type Arrows = ReadonlyMap<string, readonly string[]>;

/** @param rooms from the top; `roomOf` a file: the room that it lies in, undefined for one of no interest */
export function arrowsBetween(
  rooms: readonly string[],
  sources: Sources,
  roomOf: (file: string) => string | undefined,
): Arrows {
  const found = new Map(rooms.map((room) => [room, new Set<string>()]));
  for (const [file, { imports }] of sources) {
    const from = roomOf(file);
    if (from === undefined) continue;
    for (const imported of imports) {
      const to = roomOf(imported);
      if (to !== undefined && to !== from) found.get(from)?.add(to);
    }
  }
  return new Map([...found].map(([room, to]) => [room, rooms.filter((other) => to.has(other))]));
}

/** Without those that follow from others: where a imports from b and b from c, that a imports from c too needs no arrow. */
export function reduced(arrows: Arrows): Arrows {
  const reachable = (from: string, passed: Set<string> = new Set()): Set<string> => {
    for (const to of arrows.get(from) ?? []) {
      if (passed.has(to)) continue;
      passed.add(to);
      reachable(to, passed);
    }
    return passed;
  };
  return new Map(
    [...arrows].map(([room, all]) => [
      room,
      all.filter((to) => !all.some((other) => other !== to && reachable(other).has(to))),
    ]),
  );
}
