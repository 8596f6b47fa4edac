/** Catches: a manifest of keys that are wanted as the archive has them now, for which nothing is looked up. */
import { expect, test } from "vitest";
import { namedRows } from "../../../src/run/bring-back/rows.ts";
import { archivePlace, createWorld, ledgerPlace } from "../world.ts";

test("the keys of a manifest go back from where they were archived, without a request for each", async () => {
  const { archive, surroundings } = createWorld();
  const place = { ...archivePlace, prefix: "photos/" };
  const wanted = {
    archive: place,
    ledger: ledgerPlace,
    archiveKey: "{key}",
    prefix: "2026/",
    at: undefined,
    by: "now",
  } as const;
  const entry = (key: string, line: number) => ({ kind: "row", row: { key }, at: { line } }) as const;
  async function* entries() {
    yield [entry("2026/a.jpg", 1), entry("2025/b.jpg", 2)];
  }
  const found = [];
  for await (const rows of namedRows(entries(), wanted, archive, surroundings, undefined)) found.push(...rows);
  expect(found).toEqual([
    { kind: "requests", sent: { "source.list": 0, "source.head": 0 } },
    { kind: "row", row: { key: "photos/2026/a.jpg", archiveKey: "2026/a.jpg" }, at: { line: 1 } },
  ]);
});
