/** Listings against a model: a plain sort of encoded keys. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { quick } from "../setup/quick.ts";
import { type Lab, openLab, photos } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Any character: fast-check's own takes seconds to make. */
const character = fc
  .integer({ min: 0, max: 0x10ffff })
  .map((code) => String.fromCodePoint(code >= 0xd800 && code <= 0xdfff ? code - 0x800 : code));

/** Any Unicode, with the characters that tell orders and encodings apart more often than chance would. */
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(..."aAbB/+ %&<>\"'#?=;\u0000\u0001\r\n\t\u007f\u00e9\uffff\ue000\ud7ff", "😀", "𐀀", "猫"),
    character,
  ),
  minLength: 1,
  maxLength: 12,
});
// biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters that COS does not take
const anyKey = anyText.filter((key) => !/^[/\\]|[\x18-\x1b]/.test(key));

interface Listed {
  readonly keys: string[];
  readonly groups: string[];
  readonly pages: number;
}

async function listAll(query: readonly (readonly [string, string])[]): Promise<Listed> {
  const keys: string[] = [];
  const groups: string[] = [];
  let marker = "";
  for (let pages = 1; ; pages++) {
    const { text, element } = await lab.ask({ query: [...query, ["marker", marker], ["encoding-type", "url"]] });
    for (const [, key] of text.matchAll(/<Contents><Key>(.*?)<\/Key>/g)) keys.push(decodeURIComponent(key ?? ""));
    for (const [, group] of text.matchAll(/<CommonPrefixes><Prefix>(.*?)<\/Prefix>/g))
      groups.push(decodeURIComponent(group ?? ""));
    if (element("IsTruncated") === "false") return { keys, groups, pages };
    marker = decodeURIComponent(element("NextMarker") ?? "");
  }
}

test.skipIf(quick)(
  "any keys, stored over HTTP, are listed in the order of their UTF-8 bytes, by prefix, delimiter and page",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(anyKey, { maxLength: 25 }),
        fc.oneof(
          fc.constant(""),
          anyText.map((text) => text.slice(0, 1)).filter((text) => text.isWellFormed()),
        ),
        fc.constantFrom("", "/", "a", "猫"),
        fc.integer({ min: 1, max: 7 }),
        async (keys, prefix, delimiter, maxKeys) => {
          const bucket = lab.emulator.bucket(photos);
          for (const key of bucket.keys()) bucket.delete(key);
          await Promise.all(keys.map((key) => lab.ask({ method: "PUT", key, body: key })));
          expect(bucket.keys()).toEqual([...keys].sort(bytewise));

          const chosen = keys.filter((key) => key.startsWith(prefix)).sort(bytewise);
          const groups = new Set<string>();
          const plain: string[] = [];
          for (const key of chosen) {
            const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
            if (cut === -1) plain.push(key);
            else groups.add(key.slice(0, cut + delimiter.length));
          }
          const listed = await listAll([
            ["prefix", prefix],
            ["delimiter", delimiter],
            ["max-keys", String(maxKeys)],
          ]);
          expect(listed.keys).toEqual(plain);
          expect(listed.groups).toEqual([...groups]);
          expect(listed.pages).toBe(Math.max(1, Math.ceil((plain.length + groups.size) / maxKeys)));
        },
      ),
      { numRuns: 40 },
    );
  },
);

describe("a listing", () => {
  test("tells of each object what HEAD tells", async () => {
    const bucket = lab.emulator.bucket(photos);
    for (const key of bucket.keys()) bucket.delete(key);
    bucket.put("a & b.jpg", Buffer.from("x"), { "x-cos-storage-class": "STANDARD_IA" });
    const { text } = await lab.ask({});
    expect(text).toContain("<Key>a &amp; b.jpg</Key>");
    expect(text).toContain(`<ETag>&quot;${bucket.head("a & b.jpg")?.etag}&quot;</ETag><Size>1</Size>`);
    expect(text).toContain("<StorageClass>STANDARD_IA</StorageClass>");
    expect(text).toContain(`<LastModified>${new Date(lab.clock.now()).toISOString()}</LastModified>`);
  });
  test("holds at most 1,000 keys whatever is asked", async () => {
    const bucket = lab.emulator.bucket(photos);
    for (let n = 0; n < 1001; n++) bucket.put(`many/${n}`, Buffer.alloc(0));
    const { text, element } = await lab.ask({
      query: [
        ["prefix", "many/"],
        ["max-keys", "5000"],
      ],
    });
    expect(text.match(/<Contents>/g)?.length).toBe(1000);
    expect(element("IsTruncated")).toBe("true");
    expect(element("NextMarker")).toBe("many/998");
  });
});
