/**
 * The house as a picture: its floors from the top, the rooms within each, and arrows from who imports to who is imported. An
 * arrow that follows from others is left out.
 */
import { arrowsBetween, reduced } from "./arrows.ts";
import type { House, Sources } from "./house.ts";

const width = 900;
const left = 8;
const nameWidth = 104;
const boxWidth = 690;
const top = 44;
const gap = 14;
const plainHeight = 34;
const innerTop = 6;
const innerHeight = 22;
const innerGap = 8;
/** Of a letter of an inner room's name, 11 px high. */
const letter = 6.4;

const style = `<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 }
  .room { font-weight: 600 }
  .inner { font-size: 11px }
  .paper { fill: #ffffff }
  .floor { fill: #f6f8fa; stroke: #d0d7de }
  .box { fill: #ffffff; stroke: #8c959f }
  .arrow { fill: none; stroke: #0969da; stroke-width: 1.3 }
  .within { fill: none; stroke: #8250df; stroke-width: 1.1 }
  .head { fill: #0969da }
  .headWithin { fill: #8250df }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .paper { fill: #0d1117 }
    .floor { fill: #161b22; stroke: #30363d }
    .box { fill: #0d1117; stroke: #6e7681 }
    .arrow { stroke: #58a6ff }
    .within { stroke: #bc8cff }
    .head { fill: #58a6ff }
    .headWithin { fill: #bc8cff }
  }
  </style>`;

interface Floor {
  readonly room: string;
  /** What it is for. */
  readonly about: string;
  /** Rooms within it, from its top. */
  readonly inner: readonly string[];
  readonly arrows: ReadonlyMap<string, readonly string[]>;
  readonly y: number;
  readonly height: number;
}

/** An SVG document that is the same for the same house, whoever draws it. */
export function drawHouse(of: House, sources: Sources, about: Readonly<Record<string, string>>): string {
  const outer = of.filter(({ room }) => !room.includes("/"));
  const names = outer.map(({ room }) => room);
  const arrows = reduced(arrowsBetween(names, sources, (file) => (file.includes("/") ? file.split("/")[0] : ".")));
  let y = top;
  const floors: Floor[] = outer.map(({ room, rooms = [] }) => {
    const inner = rooms.filter((name) => name !== ".");
    const within = reduced(arrowsBetween(inner, sources, (file) => innerRoomOf(file, room, inner)));
    const height = inner.length === 0 ? plainHeight : innerTop + innerHeight + 6 + depthOf(inner, within);
    const floor = { room, about: about[room] ?? "", inner, arrows: within, y, height };
    y += height + gap;
    return floor;
  });
  const height = y + 6;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="The rooms of src, and who imports from whom">`,
    `  ${style}`,
    `  <rect class="paper" width="${width}" height="${height}"/>`,
    `  <text x="${left}" y="24" class="title">The house: src, from the top. An arrow is an import; those that follow from others are left out.</text>`,
    ...floors.flatMap(drawFloor),
    ...drawArrows(floors, arrows),
    "</svg>",
    "",
  ].join("\n");
}

function innerRoomOf(file: string, room: string, inner: readonly string[]): string | undefined {
  if (!file.startsWith(`${room}/`)) return undefined;
  const name = file.slice(room.length + 1).split("/")[0];
  return inner.find((each) => each === name);
}

const depth = (from: number, to: number) => 6 + 5 * (to - from);

function depthOf(inner: readonly string[], arrows: Floor["arrows"]): number {
  const spans = [...arrows].flatMap(([from, all]) => all.map((to) => depth(inner.indexOf(from), inner.indexOf(to))));
  return Math.max(0, ...spans);
}

function drawFloor({ room, about, inner, arrows, y, height }: Floor): string[] {
  const name = room === "." ? "the entries" : `${room}/`;
  const lines = [
    `  <rect class="floor" x="${left}" y="${y}" width="${boxWidth}" height="${height}" rx="6"/>`,
    `  <text x="${left + 12}" y="${y + (inner.length === 0 ? 21 : innerTop + 15)}" class="room">${name}</text>`,
  ];
  if (inner.length === 0) lines.push(`  <text x="${left + nameWidth}" y="${y + 21}" class="inner">${about}</text>`);
  let x = left + nameWidth;
  const middles = new Map<string, number>();
  for (const each of inner) {
    const boxed = Math.round(each.length * letter) + 14;
    lines.push(
      `  <rect class="box" x="${x}" y="${y + innerTop}" width="${boxed}" height="${innerHeight}" rx="4"/>`,
      `  <text x="${x + 7}" y="${y + innerTop + 15}" class="inner">${each}</text>`,
    );
    middles.set(each, x + boxed / 2);
    x += boxed + innerGap;
  }
  const bottom = y + innerTop + innerHeight;
  for (const [from, all] of arrows) {
    for (const to of all) {
      const [a, b] = [(middles.get(from) ?? 0) + 4, (middles.get(to) ?? 0) - 4];
      const low = bottom + (depth(inner.indexOf(from), inner.indexOf(to)) * 4) / 3;
      lines.push(
        `  <path class="within" d="M${a} ${bottom} C${a + 8} ${round(low)} ${b - 8} ${round(low)} ${b} ${bottom + 4}"/>`,
        `  <path class="headWithin" d="M${b} ${bottom} l-3.5 6 l7 0 z"/>`,
      );
    }
  }
  return lines;
}

/** At the right of the floors, from each down to those it imports from: the further down, the wider the bow. */
function drawArrows(floors: readonly Floor[], arrows: ReadonlyMap<string, readonly string[]>): string[] {
  const x = left + boxWidth;
  const indexOf = (room: string) => floors.findIndex((floor) => floor.room === room);
  const coming = new Map<string, readonly string[]>(
    floors.map(({ room }) => [
      room,
      floors.map((floor) => floor.room).filter((from) => arrows.get(from)?.includes(room)),
    ]),
  );
  const lines: string[] = [];
  for (const floor of floors) {
    const going = arrows.get(floor.room) ?? [];
    for (const [n, to] of going.entries()) {
      const target = floors[indexOf(to)] as Floor;
      const from = coming.get(to) ?? [];
      // The nearest leaves lowest and the furthest arrives highest, so that no two bows of one room cross.
      const y1 = floor.y + (floor.height * (going.length - n + 1)) / (going.length + 2);
      const y2 = target.y + (target.height * (from.indexOf(floor.room) + 1)) / (from.length + 1);
      const bow = 14 + 17 * (indexOf(to) - indexOf(floor.room));
      lines.push(
        `  <path class="arrow" d="M${x} ${round(y1)} C${x + bow} ${round(y1)} ${x + bow} ${round(y2)} ${x + 7} ${round(y2)}"/>`,
        `  <path class="head" d="M${x} ${round(y2)} l8 -3.5 l0 7 z"/>`,
      );
    }
  }
  return lines;
}

const round = (n: number) => Math.round(n * 10) / 10;
