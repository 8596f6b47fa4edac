/** The store against a model: what it holds after any commits, restarts and kills is what whole commits made of it. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Part } from "../../../src/emulator/store/records.ts";
import { type Change, openStore, type Store } from "../../../src/emulator/store/store.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "emulator-store-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const tableNames = ["one", "other"];
const part = (partNumber: number): Part => ({ partNumber, body: [], size: 0, etag: "", modified: 0 });
const change: fc.Arbitrary<Change> = fc.record({
  table: fc.constantFrom(...tableNames),
  key: fc.oneof(fc.nat(8).map(String), fc.string({ maxLength: 3 })),
  row: fc.option(fc.nat().map(part), { freq: 3 }),
});
const commits = fc.array(fc.array(change, { minLength: 1, maxLength: 3 }), { maxLength: 12 });

type Model = Map<string, number>;
const nameOf = (table: string, key: string) => JSON.stringify([table, key]);

/** What is there after each commit, that before the first included. */
function modelsOf(all: readonly (readonly Change[])[]): Model[] {
  const models: Model[] = [new Map()];
  for (const made of all) {
    const model = new Map(models.at(-1));
    for (const { table, key, row } of made) {
      if (row === null) model.delete(nameOf(table, key));
      else model.set(nameOf(table, key), (row as Part).partNumber);
    }
    models.push(model);
  }
  return models;
}

function contentOf(store: Store): Model {
  const content: Model = new Map();
  for (const name of tableNames) {
    const table = store.table<Part>(name);
    for (const key of table.keys()) content.set(nameOf(name, key), table.get(key)!.partNumber);
    expect(table.size).toBe([...table.keys()].length);
  }
  return content;
}

function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(directory, "run-"));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("holds what its commits made, and after a restart the same", () => {
  fc.assert(
    fc.property(commits, (all) =>
      inFolder((folder) => {
        const models = modelsOf(all);
        const store = openStore(folder);
        for (const [at, made] of all.entries()) {
          store.commit(...made);
          expect(contentOf(store)).toEqual(models[at + 1]);
        }
        store.close();
        const again = openStore(folder);
        expect(contentOf(again)).toEqual(models.at(-1));
        again.close();
      }),
    ),
    { numRuns: 40 },
  );
});

// Catches: half a commit that counts, a torn line that spoils the line written after it.
test("a log cut anywhere holds the whole commits before the cut, and what is committed from then on", () => {
  fc.assert(
    fc.property(commits, fc.double({ min: 0, max: 1, noNaN: true }), commits, (before, share, after) =>
      inFolder((folder) => {
        const store = openStore(folder);
        for (const made of before) store.commit(...made);
        store.close();
        const log = join(folder, "log");
        const bytes = readFileSync(log);
        const cut = bytes.subarray(0, Math.round(bytes.length * share));
        writeFileSync(log, cut);
        const whole = before.slice(0, cut.toString().split("\n").length - 1);

        const second = openStore(folder);
        expect(contentOf(second)).toEqual(modelsOf(whole).at(-1));
        for (const made of after) second.commit(...made);
        second.close();
        const third = openStore(folder);
        expect(contentOf(third)).toEqual(modelsOf([...whole, ...after]).at(-1));
        third.close();
      }),
    ),
    { numRuns: 40 },
  );
});

test("bytes stay as long as a row names them, in any table, and go with the last", () => {
  const store = openStore(directory);
  const bodies = join(directory, "bodies");
  const writer = store.bodies.create();
  writer.write(Buffer.from("shared"));
  const body = writer.finish();
  const row = { ...part(1), body };
  store.commit({ table: "one", key: "a", row });
  store.bodies.release(body);
  store.commit({ table: "other", key: "b", row }, { table: "one", key: "a", row: null });
  expect(store.bodies.read(body).toString()).toBe("shared");
  store.commit({ table: "other", key: "b", row: part(2) });
  expect(readdirSync(bodies)).toEqual([]);
  store.close();
});

test("a restart sweeps away bytes that no row names, and keeps those that one does", () => {
  const store = openStore(directory);
  const kept = store.bodies.write(Buffer.from("kept"));
  store.commit({ table: "one", key: "a", row: { ...part(1), body: kept } });
  store.close();
  writeFileSync(join(directory, "bodies", "broken-off"), "an upload that a kill broke off");
  const again = openStore(directory);
  expect(readdirSync(join(directory, "bodies"))).toEqual([kept[0]!.file]);
  expect(again.bodies.read(again.table<Part>("one").get("a")!.body).toString()).toBe("kept");
  again.close();
});

// Catches: a folder that grows with everything that was ever written to it.
test("a log that is mostly of the past is written anew at the start, and holds the same", () => {
  const store = openStore(directory);
  for (let n = 0; n < 5000; n++) store.commit({ table: "one", key: String(n % 100), row: part(n) });
  const content = contentOf(store);
  expect(content.size).toBe(100);
  store.close();
  const log = join(directory, "log");
  const longest = statSync(log).size;
  appendFileSync(`${log}.new`, "a rewriting that a kill broke off");

  const second = openStore(directory);
  expect(contentOf(second)).toEqual(content);
  expect(statSync(log).size).toBeLessThan(longest / 40);
  second.commit({ table: "other", key: "one", row: part(1) });
  second.close();
  const third = openStore(directory);
  expect(contentOf(third).size).toBe(101);
  third.close();
});

test("a folder that an older version wrote, or whose log is damaged, is refused in a sentence that says what to do", () => {
  const old = join(directory, "old");
  mkdirSync(join(old, "buckets", "photos-1250000000"), { recursive: true });
  expect(() => openStore(old)).toThrow(
    `The emulator's data directory "${old}" can't be read: another version of the emulator wrote it; remove it or name another.`,
  );
  const damaged = join(directory, "damaged");
  openStore(damaged).close();
  writeFileSync(join(damaged, "log"), "not a line of ours\n");
  expect(() => openStore(damaged)).toThrow(/can't be read: its log is damaged \(.+\); remove it or name another\.$/);
  rmSync(join(damaged, "log"));
  openStore(damaged).close();
});
