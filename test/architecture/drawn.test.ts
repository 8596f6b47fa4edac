/** docs/architecture.md and its picture are made of the sources: held to them here, and written anew by `npm run architecture`. */
import { describe, expect, test } from "vitest";
import { read } from "../papers/papers.ts";
import { about } from "./about.ts";
import { arrowsBetween, reduced } from "./arrows.ts";
import { house, readSources, type Sources, sharedRooms } from "./house.ts";
import { roomsTable, withRooms } from "./paper.ts";
import { drawHouse } from "./picture.ts";

const sources = readSources();

describe("after a change: npm run architecture", () => {
  test("the picture is that of the sources as they are", async () => {
    await expect(drawHouse(house, sources, about)).toMatchFileSnapshot("../../docs/architecture.svg");
  });

  test("the table of rooms is that of the sources as they are", async () => {
    const paper = read("docs/architecture.md");
    await expect(withRooms(paper, roomsTable(house, sources, about))).toMatchFileSnapshot("../../docs/architecture.md");
  });
});

test("every room has its line, and every line its room", () => {
  expect(Object.keys(about).sort()).toEqual([...sharedRooms(house)].sort());
});

const of = (files: Record<string, readonly string[]>): Sources =>
  new Map(Object.entries(files).map(([file, imports]) => [file, { text: "", imports }]));
const roomOf = (file: string) => file.split("/")[0];

test("an arrow is an import between rooms, told once, and one that follows from others is left out", () => {
  const all = arrowsBetween(
    ["a", "b", "c"],
    of({ "a/1": ["a/2", "b/1", "c/1"], "a/2": ["b/1"], "b/1": ["c/1"], "c/1": [] }),
    roomOf,
  );
  expect([...all]).toEqual([
    ["a", ["b", "c"]],
    ["b", ["c"]],
    ["c", []],
  ]);
  expect(reduced(all).get("a")).toEqual(["b"]);
});

test("the table tells how many files a room has, in it and in the rooms within, and whom it imports from", () => {
  const small = [{ room: "upper", rooms: [".", "inner"] }, { room: "lower" }];
  const table = roomsTable(
    small,
    of({ "upper/a.ts": ["upper/inner/b.ts"], "upper/inner/b.ts": ["lower/c.ts"], "lower/c.ts": [] }),
    { upper: "above", "upper/inner": "within", lower: "below" },
  );
  expect(table.split("\n").slice(2)).toEqual([
    "| [upper/](../src/upper/) | above | 2 (1) | lower |",
    "| [upper/inner/](../src/upper/inner/) | within | 1 |  |",
    "| [lower/](../src/lower/) | below | 1 |  |",
    "",
  ]);
});
