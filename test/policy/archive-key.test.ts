import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { archiveKeyFault, archiveKeyOf, checkTemplate } from "../../src/policy/archive-key.ts";
import { userErrorOf } from "../cos/thrown-by.ts";

const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 });

describe("an archive key", () => {
  test.each([
    ["{key}", "a/b/c.tar.gz", "p/a/b/c.tar.gz"],
    ["{dir}{name}", "a/b/c.jpg", "p/a/b/c.jpg"],
    ["{stem}-{versionId}{ext}", "a/c.tar.gz", "p/c.tar-null.gz"],
    ["{run}/{key}", "x", "p/r1/x"],
    ["{name}", "folder/", "p/"],
    ["{stem}{ext}", "a/.hidden", "p/.hidden"],
    ["$&{key}$1", "$&$1", "p/$&$&$1$1"],
  ])("of template %s and key %s is %s", (template, of, wanted) => {
    expect(archiveKeyOf({ key: of }, template, "p/", "r1")).toBe(wanted);
  });

  test("is the prefix and the key by default, and the parts of a key make the whole again", () => {
    fc.assert(
      fc.property(key, fc.string(), (of, prefix) => {
        expect(archiveKeyOf({ key: of }, "{key}", prefix, "r")).toBe(prefix + of);
        expect(archiveKeyOf({ key: of }, "{dir}{name}", prefix, "r")).toBe(prefix + of);
        expect(archiveKeyOf({ key: of }, "{dir}{stem}{ext}", prefix, "r")).toBe(prefix + of);
      }),
    );
  });

  test("of a row that brings its own is that, behind the prefix, nothing in it replaced", () => {
    expect(archiveKeyOf({ key: "k", archiveKey: "{key}/own" }, "{name}", "p/", "r")).toBe("p/{key}/own");
  });

  test("that can't be written is told why", () => {
    expect(archiveKeyFault("")).toContain("empty");
    expect(archiveKeyFault("/a")).toContain('begins with "/"');
    expect(archiveKeyFault("\\a")).toContain("begins with");
    expect(archiveKeyFault("é".repeat(426))).toContain("852 bytes");
    expect(archiveKeyFault("é".repeat(425))).toBeUndefined();
  });
});

describe("a template", () => {
  test("may have only the fields there are, and one that tells keys apart", () => {
    for (const good of ["{key}", "{dir}{stem}{ext}", "{run}/{versionId}/{name}", "all/{key}"]) checkTemplate(good);
    expect(userErrorOf(() => checkTemplate("{date}/{key}")).message).toContain("{date}");
    for (const bad of ["same", "{dir}{ext}", "{run}", "{}{key}", "{KEY}"]) {
      expect(userErrorOf(() => checkTemplate(bad)).code).toBe("InvalidArchiveKey");
    }
  });
});
