/** Catches: a glob that matches other keys than rclone's, one that can't be read and is taken for one that matches nothing. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Glob, readGlob } from "../../../src/policy/scope/glob.ts";

function globOf(text: string): Glob {
  const read = readGlob(text);
  if ("fault" in read) throw new Error(`${text} ${read.fault}`);
  return read;
}

describe("a glob", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    [
      "file.jpg",
      ["file.jpg", "directory/file.jpg", "a/b/file.jpg"],
      ["afile.jpg", "directory/afile.jpg", "file.jpg/x"],
    ],
    ["/file.jpg", ["file.jpg"], ["directory/file.jpg", "afile.jpg"]],
    ["*.jpg", ["a.jpg", "d/a.jpg", ".jpg"], ["a.jpg/x", "a.jpeg", "a.JPG"]],
    ["/*.jpg", ["a.jpg"], ["d/a.jpg"]],
    ["/d/**", ["d/a", "d/e/f", "d/"], ["d", "x/d/a", "de/a"]],
    ["d/", ["d/a", "x/d/a/b", "d/"], ["d", "ad/a"]],
    ["a*c", ["ac", "abc", "x/abbc"], ["a/c", "abcd"]],
    ["a**c", ["ac", "a/b/c", "x/abc"], ["acd"]],
    ["/a/**/c", ["a/b/c", "a/x/y/c", "a//c"], ["a/c"]],
    ["a?c", ["abc", "aéc", "a\u{1f600}c"], ["ac", "a/c", "abbc"]],
    ["[a-c]x", ["ax", "cx", "d/bx"], ["dx", "x"]],
    ["[!a-c]x", ["dx", "-x"], ["ax", "/x"]],
    ["[^a]x", ["bx"], ["ax"]],
    ["[a\\]-]x", ["]x", "-x", "ax"], ["bx"]],
    ["*.{jpg,png}", ["a.jpg", "d/a.png"], ["a.gif", "a.{jpg,png}"]],
    ["{2025,2026}/*/{a,b*}", ["2025/x/a", "2026/x/bb", "p/2026/x/b"], ["2024/x/a", "2025/x/c", "2025/a"]],
    ["x{,y}", ["x", "xy"], ["xyy", "y"]],
    ["a\\*b", ["a*b"], ["axb"]],
    ["a,b", ["a,b"], ["a", "b"]],
    ["**", ["a", "a/b", ""], []],
  ])("%s", (text, matched, others) => {
    const glob = globOf(text);
    for (const key of matched) expect(glob.matches(key), key).toBe(true);
    for (const key of others) expect(glob.matches(key), key).toBe(false);
  });

  test.each([
    ["", "is empty"],
    ["{{.*}}", "has a regular expression in {{ }}, which is not supported"],
    ["{a,{b,c}}", "has braces within braces, which is not supported"],
    ["{a", "has a { without a } after it"],
    ["a}", "has a } without a { before it"],
    ["[a", "has a [ without a ] after it"],
    ["a]", "has a ] without a [ before it"],
    ["[]", "has brackets with nothing in them"],
    ["[[:alpha:]]", "has a class of characters like [[:alpha:]], which is not supported"],
    ["[z-a]", 'has a range that goes backwards, "z-a"'],
    ["a***", "has more than two * in a row"],
    ["a\\", "ends in a backslash"],
    ["/", "is only a slash; ** stands for all keys"],
    ["{,a}", "may be empty"],
    ["{0,1}{0,1}{0,1}{0,1}{0,1}{0,1}{0,1}{0,1}{0,1}{0,1}", "stands for more than 1000 alternatives"],
  ])("%s is refused", (text, fault) => {
    expect(readGlob(text)).toEqual({ fault });
  });

  /** Parts of globs and, beside each, the regular expression that says the same. */
  const part = fc.constantFrom<readonly [string, string]>(
    ["a", "a"],
    ["b", "b"],
    ["/", "/"],
    [".", "\\."],
    ["?", "[^/]"],
    ["*", "[^/]*"],
    ["[ab]", "[ab]"],
    ["[!a]", "[^a/]"],
    ["{a,b/c}", "(?:a|b/c)"],
    ["{*,c}", "(?:[^/]*|c)"],
  );
  const key = fc.array(fc.constantFrom("a", "b", "c", "/", ".", "é"), { maxLength: 8 }).map((all) => all.join(""));
  test("matches what the regular expression does that it stands for", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 6 }), key, (rooted, parts, name) => {
        const text = parts.map(([glob]) => glob).join("");
        fc.pre(!text.startsWith("/") && !text.includes("***"));
        const inner = parts
          .map(([glob, expression], at) => (glob === "*" && parts[at - 1]?.[0] === "*" ? "" : expression))
          .map((expression, at) => (parts[at]?.[0] === "*" && parts[at + 1]?.[0] === "*" ? ".*" : expression))
          .join("");
        const expected = new RegExp(`${rooted ? "^" : "(?:^|/)"}${inner}${text.endsWith("/") ? ".*" : ""}$`, "su");
        const read = readGlob(`${rooted ? "/" : ""}${text}`);
        if ("fault" in read) return;
        expect(read.matches(name)).toBe(expected.test(name));
      }),
    );
  });

  test("takes no longer than its length and the key's allow, whatever both are", () => {
    const glob = globOf(`${"*a".repeat(60)}b`);
    expect(glob.matches("a".repeat(850))).toBe(false);
  });
});
