/**
 * The little XML that COS speaks. Reading: elements and their text, nothing else. Document types are refused, so no
 * entity can be declared, let alone expanded; the five of XML itself and character references are decoded here, in
 * one pass, so that `&amp;lt;` stays `&lt;`.
 */
import { XMLParser } from "fast-xml-parser";

/** An element: its children by name. Text stands under its element's name. */
export interface XmlElement {
  readonly [name: string]: unknown;
}

export interface XmlDocument {
  /** The root element's name. */
  readonly name: string;
  readonly root: XmlElement;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  cdataPropName: "#cdata",
});

/** The document, or undefined where the text is none. */
export function parseXml(text: string): XmlDocument | undefined {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) return undefined;
  let parsed: unknown;
  try {
    parsed = parser.parse(text, true);
  } catch {
    return undefined;
  }
  if (!isElement(parsed)) return undefined;
  const name = Object.keys(parsed).find((key) => !key.startsWith("#"));
  if (name === undefined) return undefined;
  const root = parsed[name];
  return { name, root: isElement(root) ? root : { "#text": root } };
}

function isElement(value: unknown): value is XmlElement {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The elements of this name, in order. */
export function elements(parent: XmlElement, name: string): readonly XmlElement[] {
  const found = Object.hasOwn(parent, name) ? parent[name] : undefined;
  if (found === undefined) return [];
  return (Array.isArray(found) ? found : [found]).map((each: unknown) => (isElement(each) ? each : { "#text": each }));
}

/** The text of the first element of this name; undefined where there is none. An empty element has the text "". */
export function textOf(parent: XmlElement, name: string): string | undefined {
  const found = Object.hasOwn(parent, name) ? parent[name] : undefined;
  const first: unknown = Array.isArray(found) ? found[0] : found;
  return first === undefined ? undefined : contentOf(first);
}

/** The text of the element itself. */
export function contentOf(element: unknown): string {
  if (typeof element === "string") return decodeEntities(element);
  if (!isElement(element)) return "";
  const text = element["#text"];
  const cdata = element["#cdata"];
  const literal = Array.isArray(cdata) ? cdata.join("") : typeof cdata === "string" ? cdata : "";
  return (typeof text === "string" ? decodeEntities(text) : "") + literal;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));/g, (whole, name, decimal, hex) => {
    if (typeof name === "string") return entities[name] ?? whole;
    const point = typeof decimal === "string" ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => {
    if (character === "&") return "&amp;";
    if (character === "<") return "&lt;";
    if (character === ">") return "&gt;";
    return character === '"' ? "&quot;" : "&#39;";
  });
}

/** `<name>…</name>`: the content is text to escape, or elements built by this very function. */
export function element(name: string, content: string | readonly XmlText[]): XmlText {
  const inner = typeof content === "string" ? escapeXml(content) : content.map((each) => each.xml).join("");
  return { xml: `<${name}>${inner}</${name}>` };
}

/** XML that is well-formed already. */
export interface XmlText {
  readonly xml: string;
}
