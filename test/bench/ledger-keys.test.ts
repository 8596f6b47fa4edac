import { describe, expect, it } from "vitest";
import { createLedgerKeys } from "./ledger-keys.ts";

describe("the keys of the benchmark's ledger", () => {
  const keys = createLedgerKeys();
  for (const key of ["b/2", "a/1", "b/10", "c", "b/1", "b/2"]) keys.add(key);

  it("are listed in order, each once, by prefix", () => {
    expect(keys.list("", "", 10)).toEqual(["a/1", "b/1", "b/10", "b/2", "c"]);
    expect(keys.list("b/", "", 10)).toEqual(["b/1", "b/10", "b/2"]);
    expect(keys.list("d", "", 10)).toEqual([]);
  });

  it("go on behind a marker, wherever it stands", () => {
    expect(keys.list("b/", "b/1", 10)).toEqual(["b/10", "b/2"]);
    expect(keys.list("b/", "a/9", 10)).toEqual(["b/1", "b/10", "b/2"]);
    expect(keys.list("b/", "b/2", 10)).toEqual([]);
  });

  it("come one more than is asked, where there are more", () => {
    expect(keys.list("b/", "", 2)).toEqual(["b/1", "b/10", "b/2"]);
    expect(keys.list("b/", "", 1)).toEqual(["b/1", "b/10"]);
  });

  it("are gone when they are cleared", () => {
    keys.clear();
    expect(keys.list("", "", 10)).toEqual([]);
  });
});
