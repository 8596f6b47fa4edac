import { describe, expect, it } from "vitest";
import { listPage, merged, reckonedKeys } from "./listed-page.ts";

const three = reckonedKeys(
  () => 3,
  (index) => `a/${index}.jpg`,
);
const list = (query: Record<string, string>, after = three) => listPage(after, new URLSearchParams(query));

describe("a page of a LIST", () => {
  it("ends where it is full, and the next goes on behind it", () => {
    const first = list({ "max-keys": "2" });
    expect(first).toEqual({ keys: ["a/0.jpg", "a/1.jpg"], prefixes: [], next: "a/1.jpg" });
    expect(list({ "max-keys": "2", marker: "a/1.jpg" })).toEqual({ keys: ["a/2.jpg"], prefixes: [], next: undefined });
  });

  it("is the last where it is full and nothing is left", () => {
    expect(list({ "max-keys": "3" }).next).toBeUndefined();
  });

  it("has one prefix for all that go on with it", () => {
    const both = merged(three, (prefix, marker) => ["b.jpg"].filter((key) => key.startsWith(prefix) && key > marker));
    expect(list({ delimiter: "/" }, both)).toEqual({ keys: ["b.jpg"], prefixes: ["a/"], next: undefined });
    const first = list({ delimiter: "/", "max-keys": "1" }, both);
    expect(first.prefixes).toEqual(["a/"]);
    expect(list({ delimiter: "/", marker: first.next ?? "" }, both)).toEqual({
      keys: ["b.jpg"],
      prefixes: [],
      next: undefined,
    });
    expect(list({ delimiter: "/", prefix: "a/" }, both).keys).toHaveLength(3);
  });

  it("is empty where nothing begins with the prefix", () => {
    expect(list({ prefix: "c" })).toEqual({ keys: [], prefixes: [], next: undefined });
  });
});
