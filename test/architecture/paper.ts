/** The parts of docs/architecture.md that are made of the code. */
import { arrowsBetween } from "./arrows.ts";
import { filesByFolder, type House, type Sources, sharedRooms } from "./house.ts";

const begin = "<!-- rooms: written by `npm run architecture` -->";
const end = "<!-- /rooms -->";

/** The paper with its table of rooms as the sources are. Throws where it has no place for one. */
export function withRooms(paper: string, table: string): string {
  const [before, rest] = paper.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`the paper has no ${begin} … ${end}`);
  return `${before}${begin}\n${table}${end}${after}`;
}

/** Every room and room within a room, from the top: what it is for, how large it is, which rooms beside it it imports from. */
export function roomsTable(of: House, sources: Sources, about: Readonly<Record<string, string>>): string {
  const counts = filesByFolder(sources);
  const rows = sharedRooms(of).map((room) => {
    const files = [...sources.keys()].filter((file) => inRoom(file, room));
    const inside = counts.get(room) ?? 0;
    const number = inside === files.length ? `${files.length}` : `${files.length} (${inside})`;
    const name = room === "." ? "entries" : `${room}/`;
    return `| [${name}](../src/${room === "." ? "" : `${room}/`}) | ${about[room] ?? ""} | ${number} | ${importsOf(of, room, sources).join(", ")} |`;
  });
  return ["| room | what it is for | files | imports from |", "|---|---|---:|---|", ...rows, ""].join("\n");
}

const inRoom = (file: string, room: string) => (room === "." ? !file.includes("/") : file.startsWith(`${room}/`));

/** The rooms beside it, within the same room, that it imports from. */
function importsOf(of: House, room: string, sources: Sources): readonly string[] {
  const parent = room.includes("/") ? room.slice(0, room.lastIndexOf("/")) : "";
  const beside = sharedRooms(of).filter((other) =>
    parent === ""
      ? !other.includes("/")
      : other.startsWith(`${parent}/`) && !other.slice(parent.length + 1).includes("/"),
  );
  const arrows = arrowsBetween(beside, sources, (file) => beside.find((each) => inRoom(file, each)));
  return (arrows.get(room) ?? []).map((other) => (parent === "" ? other : other.slice(parent.length + 1)));
}
