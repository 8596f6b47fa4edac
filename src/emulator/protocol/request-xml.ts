/** The XML of requests, read by fast-xml-parser. */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { refusal } from "./refusal.ts";

/** An element of a parsed document: text, or named children; what is repeated is an array. */
export type XmlNode = string | XmlElement | readonly XmlNode[];
export interface XmlElement {
  readonly [name: string]: XmlNode | undefined;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  htmlEntities: false,
  processEntities: { enabled: true, maxTotalExpansions: 100_000, maxExpandedLength: 10_000_000 },
});

/** The root element named `root`; a refusal MalformedXML where the body is not that. */
export function parseXml(body: Buffer, root: string): XmlElement {
  const text = body.toString("utf8");
  if (XMLValidator.validate(text) !== true) throw refusal("MalformedXML");
  const parsed = parser.parse(text) as XmlElement;
  const found = parsed[root];
  if (found === undefined || Array.isArray(found)) throw refusal("MalformedXML");
  return typeof found === "string" ? {} : (found as XmlElement);
}

/** The elements `name` of `parent`, none, one or many. */
export function children(parent: XmlElement, name: string): readonly XmlNode[] {
  const found = parent[name];
  if (found === undefined) return [];
  return Array.isArray(found) ? found : [found as XmlNode];
}

/** The text of the element `name`; a refusal MalformedXML where there is none. */
export function textOf(parent: XmlNode, name: string): string {
  const found = typeof parent === "object" && !Array.isArray(parent) ? (parent as XmlElement)[name] : undefined;
  if (typeof found !== "string") throw refusal("MalformedXML");
  return found;
}
