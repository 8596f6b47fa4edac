/** Names of keys: reversible, and no two that a file system could take for one another. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { characterOf } from "../../../src/stores/folder/names/characters.ts";
import { keyOfNames, namesOfFolder, namesOfKey } from "../../../src/stores/folder/names/key-path.ts";
import { quick, runs } from "../../setup/quick.ts";

const nfd = (text: string) => text.normalize("NFD");

/** What file systems do to names before they compare them. */
const foldings: Readonly<Record<string, (name: string) => string>> = {
  "as it is": (name) => name,
  "by case": (name) => name.toLowerCase(),
  "by upper case": (name) => name.toUpperCase(),
  composed: (name) => name.normalize("NFC"),
  decomposed: nfd,
  // APFS, ext4 with casefold: ß is ss, a ligature its letters.
  "decomposed, all cases": (name) => nfd(nfd(name).toUpperCase().toLowerCase()),
  "without what has no width": (name) =>
    nfd(name)
      .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
      .toLowerCase(),
  "as Windows": (name) => name.replace(/[. ]+$/, "").toUpperCase(),
};

const awkward = [
  ..."aAbBzZkKsSiIßſıİµμςσΣéÉeñüÜÿŸ\u0301\u0308ﬁǆǅǄ\u212a\u212b\u1e9e",
  ...["각", "\u1100\u1161\u11a8", "😀", "\u200d", "\ufe0f", "写", "真", "が", "か\u3099", "\ud83d\ude00", "\u0345"],
  ..."<>:\"|?*\\%^~. .  -_+,;=()[]{}#&'`@!$0179",
  ...["/", "/", "//", "../", "./", "/.", "a/", "\0", "\n", "\x7f", "\u00ad", "\ufeff", "\u2028"],
  ...["CON", "con", "nul.txt", "NUL .x", "com1", "COM¹", "lpt9.jpg", "aux", "prn", "conin$", "clock$"],
  ...[
    ".jpg",
    ".JPG",
    ".jpeg",
    ".7z",
    ".2b",
    ".gz",
    ".15",
    "IMG_1234",
    "%41",
    "%_",
    "^x",
    "^7",
    "^-",
    "^store",
    "^w1-2",
  ],
  "x".repeat(190),
  "Ü".repeat(120),
];

const keys = fc
  .array(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...awkward) }, fc.string({ unit: "binary", maxLength: 3 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((parts) => parts.join(""))
  .filter((key) => key !== "" && key.isWellFormed() && Buffer.byteLength(key) <= 1_024);

/** A key and one like it. */
const pairs = keys.chain((key) =>
  fc.tuple(
    fc.constant(key),
    fc
      .constantFrom(
        key.toLowerCase(),
        key.toUpperCase(),
        key.normalize("NFC"),
        nfd(key),
        key.normalize("NFKC"),
        `${key}.`,
        `${key} `,
        `${key}/`,
        `${key}/a`,
        `/${key}`,
        namesOfKey(key).join("/"),
        namesOfKey(key).join("/").toLowerCase(),
        nfd(key.toUpperCase()).toLowerCase(),
      )
      .filter((like) => like.isWellFormed()),
  ),
);

describe("the names of keys", () => {
  const examples: readonly (readonly [key: string, path: string])[] = [
    ["2026/picture.jpg", "2026/picture.jpg"],
    ["2026/IMG_1234.JPG", "2026/IMG_1234^1v.JPG"],
    ["2026/IMG_1234.jpg", "2026/IMG_1234^7.jpg"],
    ["Album/photo 1.jpg", "Album^1/photo 1.jpg"],
    ["写真/東京.jpg", "写真/東京.jpg"],
    ["ünïcode.png", "ünïcode.png"],
    [nfd("é.png"), "é^z.png"],
    ["e\u0301é.png", "e%CC%81%C3%A9.png"],
    ["straße.jpg", "stra%C3%9Fe.jpg"],
    ["../x.jpg", ".%2E/x.jpg"],
    ["a/../../x", "a/.%2E/.%2E/x^x"],
    ["/x", "%_/x^x"],
    ["//", "%_/%_/%_^x"],
    ["a/", "a/%_^x"],
    ["a", "a^x"],
    ["a/b", "a/b^x"],
    ["a.", "a%2E^x"],
    ["a ", "a%20^x"],
    ["CON", "%43ON^x3"],
    ["nul.txt", "%6Eul.txt"],
    ["v1.2/x.gz", "v1.2/x.gz"],
    ["example.com/x.gz", "example^x.com/x.gz"],
    ['a<b>:"|?*\\.jpg', "a%3Cb%3E%3A%22%7C%3F%2A%5C.jpg"],
    ["a%41.jpg", "a%2541.jpg"],
    ["a^7.jpg", "a%5E7.jpg"],
    ["longfi~1.jpg", "longfi%7E1.jpg"],
    ["^store/x.jpg", "%5Estore/x.jpg"],
    ["README", "README^x1v"],
  ];
  test.each(examples)("%j lies at %s", (key, path) => {
    expect(namesOfKey(key).join("/")).toBe(path);
    expect(keyOfNames(path.split("/"))).toBe(key);
  });

  test("give the key back, are whole names for every file system, and lead nowhere else", () => {
    fc.assert(
      fc.property(keys, (key) => {
        const names = namesOfKey(key);
        expect(keyOfNames(names)).toBe(key);
        // A file system that decomposes what it keeps tells them so.
        expect(keyOfNames(names.map(nfd))).toBe(key);
        for (const name of names) {
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(204);
          expect([...name].filter((character) => character < " " || '\x7f<>:"|?*\\/~'.includes(character))).toEqual([]);
          expect(name).not.toMatch(/[. ]$/);
          expect(name).not.toMatch(/^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[\d¹²³]|lpt[\d¹²³]) *(?:\.|$)/i);
          expect([".", "..", "^store"]).not.toContain(name);
        }
        const slash = key.lastIndexOf("/");
        const folder = namesOfFolder(key.slice(0, slash + 1));
        expect(names.slice(0, folder.length)).toEqual(folder);
      }),
    );
  });

  test("differ wherever keys differ, however a file system folds them; and no object's is on the way to another's", () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        fc.pre(one !== other);
        for (const [how, fold] of Object.entries(foldings)) {
          const [a, b] = [namesOfKey(one).map(fold), namesOfKey(other).map(fold)];
          const shared = Math.min(a.length, b.length);
          expect(a.slice(0, shared), `${how}: ${JSON.stringify(one)} and ${JSON.stringify(other)}`).not.toEqual(
            b.slice(0, shared),
          );
        }
      }),
      { numRuns: runs(1_000) },
    );
  });

  // What it would catch: two long names that share a folder where case means nothing, which has the case of the one that was there first:
  // the other was stored, and no listing told of it.
  test("come back from a file system that keeps the names of folders as they were first written", () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        for (const [how, fold] of Object.entries(foldings)) {
          const first = namesOfKey(one);
          const kept = namesOfKey(other).map((name, at) => {
            const shared = first.slice(0, at + 1).map(fold);
            const own = namesOfKey(other).slice(0, at + 1);
            return JSON.stringify(shared) === JSON.stringify(own.map(fold)) ? (first[at] ?? name) : name;
          });
          if (one !== other) expect(keyOfNames(kept), `${how}: ${JSON.stringify([one, other])}`).toBe(other);
        }
      }),
      { numRuns: runs(1_000), examples: [[["K".repeat(255), "k".repeat(255)]]] },
    );
    const long = (letter: string) => `${letter.repeat(300)}.jpg`;
    expect(namesOfKey(long("K"))[0]).toBe(namesOfKey(long("k"))[0]);
  });

  test("what no key becomes is no object's name", () => {
    for (const name of [
      "Photo.jpg",
      ".DS_Store",
      "Thumbs.db",
      "a%41.jpg",
      "a%2e",
      "README",
      "x^.jpg",
      "a^7z.jpg",
      "%E9.jpg",
      "^-x.jpg",
      "a^0.jpg",
    ]) {
      expect(keyOfNames([name]), name).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom("", "^1", "%41", "^z"), (text, more) => {
        const name = `${text.replaceAll("/", "")}${more}`;
        const key = name === "" ? undefined : keyOfNames([name]);
        if (key !== undefined) expect(namesOfKey(key)).toEqual([name.normalize("NFC")]);
      }),
    );
  });

  test.skipIf(quick)("of all characters that are kept, those that fold into one are a letter and its capital", () => {
    const kept: string[] = [];
    for (let code = 0; code <= 0x1ffff; code++) {
      const character = String.fromCodePoint(code);
      if (characterOf(character) !== undefined && !/[. ]/.test(character)) kept.push(character);
    }
    // Another number is another encoding: archives that exist would not be found any more.
    expect(kept.length).toBe(41_205);
    for (const [how, fold] of Object.entries(foldings)) {
      const groups = new Map<string, string[]>();
      for (const character of kept) groups.set(fold(character), [...(groups.get(fold(character)) ?? []), character]);
      const wrong = [...groups.values()].filter(
        (group) => group.length > 1 && group.map(characterOf).sort().join() !== "lower,upper",
      );
      expect(wrong, how).toEqual([]);
    }
  });
});
