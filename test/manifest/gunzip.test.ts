import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManifestError } from "../../src/manifest/manifest-error.ts";
import { anyCuts, keysOf, read } from "./reading.ts";

const lines = { format: "lines", name: "keys.txt.gz" } as const;

describe("gzip", () => {
  it("of several members is read to its end, wherever members and pieces meet", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.constant("")), { maxLength: 4 }), anyCuts, async (members, cuts) => {
        const keys = members.map((words) => words.map((_, index) => `key-${index}`));
        const bytes = Buffer.concat(keys.map((member) => gzipSync(member.map((key) => `${key}\n`).join(""))));
        if (keys.length > 0) expect(keysOf(await read(bytes, lines, cuts))).toEqual(keys.flat());
      }),
    );
  });

  it("that is cut off anywhere but between members is refused, never taken for a short one", async () => {
    const first = gzipSync("a\nb\n");
    const bytes = Buffer.concat([first, gzipSync("c\n")]);
    for (let length = 1; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length);
      for (const cuts of [[], Array.from(cut, (_, offset) => offset)]) {
        if (length === first.length) expect(keysOf(await read(cut, lines, cuts))).toEqual(["a", "b"]);
        else await expect(read(cut, lines, cuts)).rejects.toMatchObject({ code: "ManifestUnreadable" });
      }
    }
  });

  it("that was changed in any one byte never gives other keys", async () => {
    const bytes = gzipSync("photos/a.jpg\nphotos/b.jpg\n", { level: 0 });
    const keys = ["photos/a.jpg", "photos/b.jpg"];
    let refused = 0;
    for (let offset = 0; offset < bytes.length; offset++) {
      const changed = Buffer.from(bytes);
      changed[offset]! ^= 0x10;
      const outcome = await read(changed, lines).then(keysOf, (thrown: unknown) => thrown);
      if (outcome instanceof ManifestError) {
        expect(outcome).toMatchObject({ code: "ManifestUnreadable", message: expect.stringContaining("keys.txt.gz") });
        refused++;
      } else {
        // The file's time, its system, and bits that pad: they say nothing about its content.
        expect(outcome).toEqual(keys);
      }
    }
    expect(refused).toBeGreaterThanOrEqual(bytes.length - 10);
  });

  it("may be padded with zeros, but nothing may follow them", async () => {
    const padded = Buffer.concat([gzipSync("a\n"), Buffer.alloc(600)]);
    for (const cuts of [[], [30], [22, 23, 24, 25, 400]]) {
      expect(keysOf(await read(padded, lines, cuts))).toEqual(["a"]);
      const more = Buffer.concat([padded, gzipSync("b\n")]);
      await expect(read(more, lines, cuts)).rejects.toMatchObject({
        code: "ManifestUnreadable",
        message: expect.stringContaining("behind the padding"),
      });
    }
  });

  it("is known by its first bytes, not by its name; but what is named .gz must be gzip", async () => {
    expect(keysOf(await read(gzipSync("a\n"), { format: "lines", name: "keys.txt" }))).toEqual(["a"]);
    await expect(read("a\n", lines)).rejects.toMatchObject({ code: "ManifestUnreadable" });
    await expect(read("", lines)).rejects.toMatchObject({ code: "ManifestUnreadable" });
  });
});
