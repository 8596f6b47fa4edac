import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elements, escapeXml, textOf, type XmlElement } from "../../../src/cos/exchange/xml.ts";
import { listPage, parsedListing, parseListing } from "../../../src/cos/listing/listing.ts";
import { scanListing } from "../../../src/cos/listing/scan.ts";
import { urlEncode } from "../../../src/cos/signing/signature.ts";
import { isBucketError } from "../../../src/objects/error.ts";
import { heldBytes } from "../../setup/held-memory.ts";
import { quick, runs } from "../../setup/quick.ts";

const where = ["photos-1250000000", 200, "Sun, 01 Jun 2025 12:00:00 GMT"] as const;

/** What comes of it: a page, or a BucketError with all that it says. */
function outcome(read: () => unknown): unknown {
  try {
    return { page: read() };
  } catch (error) {
    if (!isBucketError(error)) throw error;
    return { ...error, message: error.message };
  }
}

/** All that a listing is read from. */
const texts = (root: XmlElement) => ({
  root: ["EncodingType", "IsTruncated", "NextMarker"].map((name) => textOf(root, name)),
  entries: elements(root, "Contents").map((entry) =>
    ["Key", "LastModified", "ETag", "Size", "StorageClass"].map((name) => textOf(entry, name)),
  ),
  prefixes: elements(root, "CommonPrefixes").map((each) => textOf(each, "Prefix")),
});

/** Whether the scanner had the word. What it read is what the parser reads, and what is made of the page is the same. */
function compare(text: string): "scanned" | "parsed" {
  const parsed = parsedListing(text);
  expect(outcome(() => parseListing(text, ...where))).toEqual(outcome(() => listPage(parsed, ...where)));
  const scanned = scanListing(text);
  if (scanned === undefined) return "parsed";
  expect(texts(scanned)).toEqual(parsed && texts(parsed));
  return "scanned";
}

const element = (name: string, content: string) => `<${name}>${content}</${name}>`;

const character = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).filter((each) => each !== "\r"),
  fc.constantFrom(..."&<>\"' +%/;#\n"),
);
const name = fc.array(character, { minLength: 1, maxLength: 12 }).map((all) => all.join(""));
const references = (text: string) =>
  text.replace(
    /[&<>"'\r]|[^ -~]/gu,
    (each, at: number) => `&#${at % 2 ? "x" : ""}${each.codePointAt(0)?.toString(at % 2 ? 16 : 10)};`,
  );
const unencoded = name.map((text) => text.replaceAll("%", "%25"));
/** A name as a service writes it: URL-encoded, or as XML, or one that is not to be decoded. */
const written = fc.oneof(
  { weight: 5, arbitrary: name.map(urlEncode) },
  { weight: 1, arbitrary: unencoded.map(escapeXml) },
  { weight: 1, arbitrary: unencoded.map(references) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(" ", "a+b", "100%25&amp;", "&amp;lt;", "&#1114112;", "]]>"),
  },
);
const mostly = (usual: string, ...others: string[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
/** What makes a page be refused, rarely: of several entries most pages should have none. */
const seldom = (sound: fc.Arbitrary<string>, ...bad: string[]) =>
  fc.oneof({ weight: 60, arbitrary: sound }, { weight: 1, arbitrary: fc.constantFrom(...bad) });
const space = mostly("", "\n", "  ", "\n    ", "\t");

/** Elements in any order, with white space about them; `need` is there but for one time in a hundred. */
const elementsOf = (need: fc.Arbitrary<string>[], may: fc.Arbitrary<string>[]) =>
  fc
    .tuple(
      fc.tuple(...need.map((each) => fc.tuple(each, fc.noBias(fc.nat(99))))),
      fc.tuple(...may.map((each) => fc.option(each, { nil: "" }))),
      fc.infiniteStream(fc.nat()),
      space,
    )
    .map(([needed, others, order, about]) => {
      const all = [...needed.map(([text, luck]) => (luck === 0 ? "" : text)), ...others];
      const ordered = all.map((text) => ({ text, at: order.next().value as number })).sort((a, b) => a.at - b.at);
      return about + ordered.map(({ text }) => text + about).join("");
    });

const entry = elementsOf(
  [
    seldom(written, "%", "%ff", "%E4%B8", "").map((key) => element("Key", key)),
    seldom(mostly("2025-01-02T03:04:05.000Z", " 2025-01-02T03:04:05Z\n"), "yesterday", "").map((at) =>
      element("LastModified", at),
    ),
    seldom(mostly("5", "0", " 12 ", "&#53;"), "five", "-1", "9007199254740993").map((size) => element("Size", size)),
  ],
  [
    mostly("&quot;d41d8cd98f00b204e9800998ecf8427e-12&quot;", '"ab"', 'W/"ab"', "ab", "&#34;&quot;").map((etag) =>
      element("ETag", etag),
    ),
    mostly(
      element("Owner", "<ID>1250000000</ID><DisplayName>a &amp; b</DisplayName>"),
      "<Owner/>",
      "<Owner>me</Owner>",
    ),
    mostly("<StorageClass>STANDARD</StorageClass>", "<StorageClass/>", "<StorageClass> COLD </StorageClass>"),
    fc.constantFrom("<StorageTier>1</StorageTier>", "<RestoreStatus> <RestoreExpiryDate/>\n</RestoreStatus>"),
  ],
).map((inner) => element("Contents", inner));

const page = fc
  .tuple(
    mostly("<?xml version='1.0' encoding='utf-8' ?>\n", '<?xml version="1.0" encoding="UTF-8"?>', "", "\n"),
    elementsOf(
      [fc.constant("<EncodingType>url</EncodingType>")],
      [
        fc.constant("<Name>photos-1250000000</Name>"),
        fc.constant("<Prefix/><Marker></Marker><MaxKeys>1000</MaxKeys>"),
        fc.constantFrom("true", "false", " true ", "").map((truncated) => element("IsTruncated", truncated)),
        written.map((marker) => element("NextMarker", marker)),
        fc.array(entry, { maxLength: 4 }).map((all) => all.join("")),
        fc.array(entry, { maxLength: 4 }).map((all) => all.join("\n")),
        fc
          .array(written, { maxLength: 3 })
          .map((all) => all.map((each) => element("CommonPrefixes", element("Prefix", each))).join("")),
      ],
    ),
    space,
  )
  .map(([head, inner, tail]) => head + element("ListBucketResult", inner) + tail);

describe("the scanner of listings", () => {
  test("reads every page that a service may write, and what comes of it is what comes of the parser's reading", () => {
    fc.assert(
      fc.property(page, (text) => {
        expect(compare(text)).toBe("scanned");
      }),
      { numRuns: runs(1_000) },
    );
  });

  /** After which a page may still be one that the scanner reads. */
  const harmless = fc.constantFrom(
    ..."a5 \n\0\ufeff\ud800中]%+",
    ..."&amp; &#0; &#xD800; &#x110000; <Size>1</Size> <Owner/> <Contents/> <CommonPrefixes/> <StorageTier>a</StorageTier>".split(
      " ",
    ),
  );
  const odd = fc.constantFrom(
    ..."<>/&;\"'!?=\r",
    ..."<!-- a --> <![CDATA[<b>]]> <?pi?> <!DOCTYPE a> <a/> </a> </Key> <Key> <Key/> <Key>b</Key> </Contents>".split(
      " ",
    ),
    ..."&nbsp; &#12345678; &; &x <constructor/> <toString>a</toString>".split(" "),
    '<Owner a="b"/>',
    "<Key >",
    "</Key\n>",
    "<Owner><ID><A>b</A></ID></Owner>",
    "<Owner>a<ID/></Owner>",
    "<EncodingType>no</EncodingType>",
    "<ListBucketResult>",
  );
  const damage = fc.record({
    /** In thousandths of the page. */
    at: fc.noBias(fc.nat(999)),
    /** Moved to where a tag begins or ends, which is where it matters. */
    toTag: fc.boolean(),
    how: fc.oneof(
      { weight: 1, arbitrary: fc.constant({ kind: "cut" as const }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("put" as const), what: odd, over: fc.nat(3) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("put" as const), what: harmless, over: fc.constant(0) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("drop" as const), over: fc.integer({ min: 1, max: 30 }) }),
      },
    ),
  });

  function damaged(text: string, { at, toTag, how }: typeof damage extends fc.Arbitrary<infer D> ? D : never): string {
    const about = Math.floor((at * text.length) / 1000);
    const tag = text.indexOf("<", about);
    const from = toTag && tag >= 0 ? tag : about;
    if (how.kind === "cut") return text.slice(0, from);
    return text.slice(0, from) + (how.kind === "put" ? how.what : "") + text.slice(from + how.over);
  }

  test.skipIf(quick)("says nothing of a damaged page, or what the parser says", () => {
    const count = { scanned: 0, parsed: 0 };
    fc.assert(
      fc.property(page, fc.array(damage, { minLength: 1, maxLength: 2 }), (text, all) => {
        count[compare(all.reduce(damaged, text))]++;
      }),
      { numRuns: runs(4_000) },
    );
    expect(count.scanned).toBeGreaterThan(200);
    expect(count.parsed).toBeGreaterThan(1_000);
  });

  const sound = (more = "", inner = "") =>
    `<ListBucketResult>${more}<Contents>${inner}<Key>a</Key><Size>1</Size><LastModified>2025-01-02</LastModified></Contents></ListBucketResult>`;

  test("reads a page without anything that is not needed", () => {
    expect(compare(sound())).toBe("scanned");
  });

  test.each([
    ["", "nothing"],
    ["<ListBucketResult/>", "an empty root"],
    ["<Error></Error>", "another document"],
    [`\ufeff${sound()}`, "a byte order mark"],
    [`<?xml version="1.1"?>${sound()}`, "another XML"],
    [` <?xml version="1.0"?>${sound()}`, "a declaration that comes late"],
    [`${sound()}a`, "text after the end"],
    [`${sound()}<a/>`, "a second root"],
    [sound().slice(0, -1), "a page cut short"],
    [sound().replace("<ListBucketResult>", '<ListBucketResult a="b">'), "an attribute of the root"],
    [sound("", '<Owner a="b"/>'), "an attribute"],
    [sound("a"), "text between elements"],
    [sound("\r\n"), "carriage returns"],
    [sound("<!-- a -->"), "a comment"],
    [sound("<?pi a?>"), "a processing instruction"],
    [sound("", "<ETag><![CDATA[a]]></ETag>"), "character data"],
    [sound("", "<ETag>a<B/></ETag>"), "an element within a text"],
    [sound("", "<ETag>&nbsp;</ETag>"), "an entity of HTML"],
    [sound("", "<ETag>&#12345678;</ETag>"), "a reference that is too long"],
    [sound("", "<ETag>a & b</ETag>"), "a bare ampersand"],
    [sound("", "<Owner>&</Owner>"), "a bare ampersand in what isn't read"],
    [sound("", "<Key>b</Key>"), "a second key"],
    [sound("<NextMarker/><NextMarker/>"), "a second marker"],
    [sound("", "<constructor>b</constructor>"), "a name that no object may have"],
    [sound("", "<Owner><A><B><C/></B></A></Owner>"), "elements deeper than any of a listing"],
    [sound("", "</Owner/>"), "an end that is empty"],
    [sound("", "<>"), "a tag without a name"],
    [sound("", "<Owner><ID></Owner></ID>"), "ends the wrong way round"],
  ])("leaves %j to the parser: %s", (text) => {
    expect(compare(text)).toBe("parsed");
  });

  test.skipIf(quick)("holds no page in memory for an entry that is kept of it", async () => {
    const kept: unknown[] = [];
    const more = '<ETag>"d41d8cd98f00b204e9800998ecf8427e"</ETag><StorageClass>INTELLIGENT_TIERING</StorageClass>';
    const read = (n: number) => {
      const long = sound(element("Owner", "a".repeat(1_000_000)), more).replace(
        "<Key>a<",
        `<Key>photos/2025/IMG_${n}.jpg<`,
      );
      // As the reply comes: a text of its own.
      kept.push(...parseListing(Buffer.from(long).toString(), ...where).objects);
    };
    const before = await heldBytes("heapUsed");
    for (let n = 0; n < 60; n++) read(n);
    expect(kept).toHaveLength(60);
    expect((await heldBytes("heapUsed")) - before).toBeLessThan(20_000_000);
  });
});
