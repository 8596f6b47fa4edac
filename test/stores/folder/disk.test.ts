/** What a file system lacks, by what it says of itself. */
import { describe, expect, test } from "vitest";
import { diskOf } from "../../../src/stores/folder/disk.ts";
import { machineFiles } from "../../../src/stores/folder/files.ts";
import { folderLab, statfsOf } from "./lab.ts";

const GIB = 1024 ** 3;
const ext4 = { type: 0xef53, bsize: 4096, bavail: (50 * GIB) / 4096, files: 1_000_000, ffree: 900_000 };

describe("a disk", () => {
  test("with room that lacks nothing", () => {
    expect(diskOf(ext4, "linux", true)).toEqual({ freeBytes: 50 * GIB, lacks: [], untold: [] });
    // Nothing is said of what was not tried.
    expect(diskOf(ext4, "linux", undefined).lacks).toEqual([]);
  });

  test.each([
    ["makes no links", { ...ext4 }, false, /makes no links.*done twice|makes no links.*work twice/],
    ["is memory", { ...ext4, type: 0x01021994 }, true, /in memory \(tmpfs\)/],
    [
      "is memory, by a number that is taken for negative",
      { ...ext4, type: 0x858458f6 | 0 },
      true,
      /in memory \(ramfs\)/,
    ],
    ["takes no large file", { ...ext4, type: 0x4d44 }, true, /no file of 4 GiB/],
    ["is nearly full", { ...ext4, bavail: 3 * 256 }, true, /with 3 MiB left/],
    ["has no file numbers left", { ...ext4, ffree: 12 }, true, /few more files/],
  ] as const)("that %s", (_, system, links, says) => {
    expect(diskOf(system, "linux", links).lacks).toEqual([expect.stringMatching(says)]);
  });

  test("whose file numbers are not counted has enough", () => {
    expect(diskOf({ ...ext4, files: 0, ffree: 0 }, "linux", true).lacks).toEqual([]);
  });

  test("elsewhere than on Linux does not tell whether a network lies between", () => {
    expect(diskOf({ ...ext4, type: 0x4d44 }, "darwin", true)).toMatchObject({
      lacks: [],
      untold: [expect.stringMatching(/network file system/)],
    });
    expect(diskOf(ext4, "win32", true).lacks).toEqual([expect.stringMatching(/power failure/)]);
  });

  test("is looked at without writing anything, unless what only a try tells is wanted", async () => {
    const lab = await folderLab();
    const files = { ...machineFiles, statfs: statfsOf({ bavail: 3 * 256, bsize: 4096 }) };
    const store = lab.open({ files });
    expect(await store.disk?.({ tries: false })).toMatchObject({ freeBytes: 3 * 1024 ** 2 });
    expect([await lab.tree(), await lab.kept()]).toEqual([[], []]);
    await store.disk?.({ tries: true });
    expect(await lab.tree()).toEqual([]);
  });
});
