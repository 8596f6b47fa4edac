import fc from "fast-check";
import { expect, test } from "vitest";
import { contentOf, element, elements, parseXml, textOf } from "../../../src/cos/exchange/xml.ts";

test("entities and character references are decoded once", () => {
  const root = parseXml("<R><E>&quot;a&quot; &lt;b&gt; &amp;lt; &#34;&#x1F600; &apos;</E></R>")!.root;
  expect(textOf(root, "E")).toBe('"a" <b> &lt; "\u{1f600} \'');
});

test("text is never made a number, nor trimmed, nor taken for a name of Object's", () => {
  const root = parseXml("<R><A>007</A><B> x </B><C/><D>1e3</D></R>")!.root;
  expect([textOf(root, "A"), textOf(root, "B"), textOf(root, "C"), textOf(root, "D")]).toEqual([
    "007",
    " x ",
    "",
    "1e3",
  ]);
  expect(textOf(root, "toString")).toBeUndefined();
  expect(elements(root, "constructor")).toEqual([]);
});

test("CDATA is taken literally", () => {
  expect(textOf(parseXml("<R><A>x&amp;<![CDATA[<&amp;>]]></A></R>")!.root, "A")).toBe("x&<&amp;>");
});

test("one element and many read alike", () => {
  expect(elements(parseXml("<R><A><K>1</K></A></R>")!.root, "A").map((each) => textOf(each, "K"))).toEqual(["1"]);
  const two = parseXml("<R>\n <A><K>1</K></A>\n <A><K>2</K></A>\n</R>")!.root;
  expect(elements(two, "A").map((each) => textOf(each, "K"))).toEqual(["1", "2"]);
});

test.each([
  ["", "nothing"],
  ["no markup", "no markup"],
  ["<R><A></R>", "tags that do not match"],
  ["<R><A>", "a document cut off"],
  ['<!DOCTYPE R [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><R>&b;</R>', "entities that grow"],
  ['<!DOCTYPE R SYSTEM "file:///etc/passwd"><R/>', "a document type from elsewhere"],
])("%j is no document: %s", (text) => {
  expect(parseXml(text)).toBeUndefined();
});

test("whatever text is written reads back as the same", () => {
  const text = fc.string({
    unit: fc.oneof(fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }), fc.constantFrom(..."&<>\"'];")),
  });
  fc.assert(
    fc.property(text, (value) => {
      const { xml } = element("R", [element("A", value)]);
      expect(textOf(parseXml(xml)!.root, "A")).toBe(value);
      expect(contentOf(parseXml(element("R", value).xml)!.root)).toBe(value);
    }),
  );
});
