/** The floors of src/, and how they are measured: what docs/architecture.md draws, and what the architecture test holds. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, resolve, sep } from "node:path";

export interface Room {
  readonly room: string;
  /** Rooms within it, from the top; "." are the files that lie in the room itself. */
  readonly rooms?: readonly string[];
}

/** From the top: a room imports from those after it. */
export type House = readonly Room[];

/** "." are the entries of package.json's exports and bin. */
export const house: House = [
  { room: "." },
  { room: "runtime", rooms: ["cli", "function", "library", "settings"] },
  {
    room: "runtime/cli",
    rooms: [
      ".",
      "begin",
      "events",
      "demo",
      "emulator",
      "leaving",
      "original",
      "help",
      "live",
      "metrics",
      "pages",
      "ending",
      "input",
      "terminal",
    ],
  },
  {
    room: "run",
    rooms: [
      "work",
      "deliver",
      "inspect",
      "allowed",
      "bring-back",
      "check",
      "reconcile",
      "plan",
      "places",
      "finalize",
      "surroundings",
      "messages",
    ],
  },
  { room: "run/inspect", rooms: ["probe", "."] },
  { room: "run/plan", rooms: ["estimate", ".", "keys"] },
  { room: "archive", rooms: ["shard", "task", "proof"] },
  { room: "archive/shard", rooms: [".", "pace"] },
  { room: "events" },
  { room: "ledger", rooms: ["report", "shard", "plan", "."] },
  { room: "report", rooms: ["page", "words", ".", "figures"] },
  { room: "emulator", rooms: [".", "operations", "protocol", "faults", "store"] },
  { room: "manifest" },
  { room: "queue", rooms: [".", "transports", "api"] },
  { room: "stores", rooms: [".", "folder", "s3"] },
  { room: "stores/folder", rooms: [".", "names"] },
  { room: "cos", rooms: [".", "listing", "exchange", "address", "signing"] },
  { room: "objects" },
  { room: "credentials", rooms: ["origins", "."] },
  { room: "http", rooms: [".", "wire", "exchange", "port"] },
  { room: "checksum" },
  { room: "config" },
  { room: "policy", rooms: ["concurrency", "money", "scope", "credentials", "."] },
  { room: "vocabulary", rooms: [".", "codes", "metrics"] },
  { room: "vocabulary/codes", rooms: ["zh", "."] },
];

export interface Source {
  readonly text: string;
  /** Paths of the files that it imports, from src/; those of types alone too. */
  readonly imports: readonly string[];
}

/** By path from src/. */
export type Sources = ReadonlyMap<string, Source>;

const src = resolve(import.meta.dirname, "../../src");

export function readSources(): Sources {
  const files = readdirSync(src, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => file.endsWith(".ts"))
    .sort();
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(src, file), "utf8");
      const found = text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*["'](\.[^"']+)["']/g);
      return [
        file,
        {
          text,
          imports: [...found].map(([, path]) => posix.normalize(posix.join(posix.dirname(file), path as string))),
        },
      ];
    }),
  );
}

/** Every room and room within a room, in the order of the floors. */
export function sharedRooms(of: House): string[] {
  const whole = new Set(of.map(({ room }) => room));
  return of.flatMap(({ room, rooms = [] }) =>
    [room, ...rooms.filter((inner) => inner !== ".").map((inner) => `${room}/${inner}`)].filter(
      (path) => path === room || !whole.has(path),
    ),
  );
}

/** The rooms that a file is in, outermost first: where it stands at each level, as [the room, the index of its floor there]. */
function placeOf(of: House, file: string): readonly (readonly [level: string, floor: number])[] {
  const folders = posix.dirname(file) === "." ? [] : posix.dirname(file).split("/");
  const outer = of.filter(({ room }) => !room.includes("/"));
  const place: [string, number][] = [["", outer.findIndex(({ room }) => room === (folders[0] ?? "."))]];
  for (let depth = 1; depth <= folders.length; depth++) {
    const level = folders.slice(0, depth).join("/");
    const inner = of.find(({ room }) => room === level)?.rooms;
    if (inner === undefined) {
      // A folder with rooms in it that nobody has put on floors.
      if (depth < folders.length) place.push([level, -1]);
      break;
    }
    place.push([level, inner.indexOf(folders[depth] ?? ".")]);
  }
  return place;
}

/** Files that stand on no floor, and floors that no file stands on. */
export function strangers(of: House, sources: Sources): string[] {
  const files = [...sources.keys()];
  const lost = files.filter((file) => placeOf(of, file).some(([, floor]) => floor < 0));
  const empty = sharedRooms(of).filter((room) => room !== "." && !files.some((file) => file.startsWith(`${room}/`)));
  return [...lost, ...empty.map((room) => `${room}: no file`)];
}

/** Imports that point up, at whichever level the two files part. */
export function breaches(of: House, sources: Sources): string[] {
  return [...sources].flatMap(([file, { imports }]) =>
    imports
      .filter((imported) => {
        const from = placeOf(of, file);
        const to = placeOf(of, imported);
        for (const [at, [level, floor]] of from.entries()) {
          const [otherLevel, otherFloor] = to[at] ?? [];
          if (otherLevel !== level || otherFloor === undefined) return false;
          if (otherFloor !== floor) return otherFloor < floor;
        }
        return false;
      })
      .map((imported) => `${file} imports ${imported}`),
  );
}

/** Circles of files, each told once, by its files in order. */
export function circles(sources: Sources): string[] {
  const state = new Map<string, "open" | "done">();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push([...path.slice(path.indexOf(file)), file].join(" > "));
      return;
    }
    state.set(file, "open");
    for (const imported of sources.get(file)?.imports ?? []) visit(imported, [...path, file]);
    state.set(file, "done");
  };
  for (const file of sources.keys()) visit(file, []);
  return found;
}

/** Folders with more than so many files lying in them, and how many. */
export function crowded(sources: Sources, most: number): string[] {
  const counts = filesByFolder(sources);
  return [...counts].filter(([, count]) => count > most).map(([folder, count]) => `${folder}: ${count}`);
}

export function filesByFolder(sources: Sources): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const file of sources.keys()) {
    const folder = posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return counts;
}
