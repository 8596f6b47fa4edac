/** The floors of src/ (design.md): a file imports only from its own floor or from floors below, so that each can be read alone. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, resolve, sep } from "node:path";
import { describe, expect, test } from "vitest";

const src = resolve(import.meta.dirname, "../src");

/** From the top. The files of src/ itself are below everything. */
const floors: readonly (readonly string[])[] = [
  ["runtime"],
  ["run"],
  ["archive"],
  ["ledger"],
  ["report", "manifest"],
  ["emulator"],
  ["queue"],
  ["cos"],
  ["policy"],
  ["config"],
  ["(top)"],
];

/** What is published (package.json, exports and bin): the doors' own entries may open every room. */
const entries = new Set(["index.ts", "cli.ts", "queue.ts", "lambda.ts", "scf.ts"]);

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.split(sep).join("/"))
  .sort();

const roomOf = (file: string): string => (file.includes("/") ? (file.split("/")[0] as string) : "(top)");
const floorOf = (room: string): number => floors.findIndex((rooms) => rooms.includes(room));

/** Relative imports of a file: static, dynamic, re-exported; those of types alone too, unless `run` is what counts. */
function importsOf(file: string, which: "all" | "run" = "all"): string[] {
  const whole = readFileSync(join(src, file), "utf8");
  const text = which === "all" ? whole : whole.replace(/^(?:import|export) type [^;]*;/gm, "");
  const found = text.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*["'](\.[^"']+)["']/g);
  return [...found].map(([, path]) => posix.normalize(posix.join(posix.dirname(file), path as string)));
}

describe("the architecture", () => {
  test("has only rooms that stand on a floor", () => {
    expect(files.length).toBeGreaterThan(100);
    expect([...new Set(files.map(roomOf))].filter((room) => floorOf(room) < 0)).toEqual([]);
  });

  test("lets a room import only from itself and from the floors below", () => {
    const upward = files
      .filter((file) => !entries.has(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((imported) => {
            const [from, to] = [roomOf(file), roomOf(imported)];
            return floorOf(to) < floorOf(from);
          })
          .map((imported) => `${file} imports ${imported}`),
      );
    expect(upward).toEqual([]);
  });

  test("imports files that are there, by their own names", () => {
    const known = new Set(files);
    const missing = files.flatMap((file) =>
      importsOf(file)
        .filter((imported) => !known.has(imported) && !imported.startsWith(".."))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(missing).toEqual([]);
  });

  test("has no files that need each other to run, however far round", () => {
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        cycles.push([...path.slice(path.indexOf(file)), file].join(" > "));
        return;
      }
      state.set(file, "open");
      for (const imported of importsOf(file, "run")) visit(imported, [...path, file]);
      state.set(file, "done");
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test("keeps the decisions of policy/ and the folds of the ledger away from clocks, disks and networks", () => {
    const pure = files.filter(
      (file) =>
        roomOf(file) === "policy" || ["ledger/fold.ts", "ledger/attempts.ts", "ledger/layout.ts"].includes(file),
    );
    const impure = pure.filter((file) =>
      /Date\.now|Math\.random|setTimeout|from "node:(?!crypto)|\bawait\b/.test(readFileSync(join(src, file), "utf8")),
    );
    expect(pure.length).toBeGreaterThan(5);
    expect(impure).toEqual([]);
  });
});
