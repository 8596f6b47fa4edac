/** Listings of a folder, whose files lie in another order than its keys, beside those of the bucket in memory. */
import { rm } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryObjects, digestsOf } from "../memory-objects.ts";
import { folderLab } from "./lab.ts";

test("a listing is as that of any bucket, for whatever keys, prefix, marker and delimiter", async () => {
  const segments = fc.constantFrom(
    "a",
    "A",
    "b",
    "a.jpg",
    "a-",
    "a0",
    "é",
    "e\u0301",
    "",
    ".",
    "x".repeat(300),
    "😀",
    "\uffee",
  );
  const keys = fc
    .array(segments, { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join("/"))
    .filter((key) => key !== "");
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(keys, { maxLength: 12 }),
      fc.oneof(fc.constantFrom("", "a", "a/", "x".repeat(250), "é"), keys),
      fc.oneof(fc.constant(""), keys),
      fc.constantFrom("", "/", "a", "/a"),
      fc.integer({ min: 1, max: 4 }),
      async (all, prefix, marker, delimiter, maxKeys) => {
        const lab = await folderLab();
        const store = lab.open();
        const model = createMemoryObjects(() => false);
        for (const key of all) {
          await store.put(key, Buffer.from(key));
          const bytes = Buffer.from(key);
          model.add({ key, bytes, ...digestsOf(bytes), headers: {}, lastModified: 0, versionId: undefined });
        }
        const page = await store.list({ prefix, marker, delimiter, maxKeys });
        const wanted = model.page({ prefix, marker, delimiter, most: maxKeys });
        const bare = ({ objects, ...rest }: typeof wanted) => ({
          ...rest,
          objects: objects.map(({ key, size, etag }) => ({ key, size, etag })),
        });
        const { serverTime: _, ...told } = page;
        expect(bare({ ...told, nextMarker: told.nextMarker })).toEqual(bare(wanted));
        await rm(lab.folder, { recursive: true });
      },
    ),
  );
});
