/**
 * Reads the text of a ListBucketResult (document 436/7734) from tag to tag: what a parser for any XML costs was nearly all that
 * a listing cost, and this costs a fraction of it. It answers only where it is certain that the parser would read the same: elements without
 * attributes, of text or of elements but not of both, with the five entities and character references. Of anything else,
 * also of what is no document at all, it says nothing, and the parser has the word.
 */
import type { XmlElement } from "../exchange/xml.ts";

/** How deep the elements may go that nothing is read from: Owner and RestoreStatus have children, and those have none. */
const DEPTH = 1;

const declaration = /^<\?xml version=(["'])1\.0\1(?: encoding=(["'])[Uu][Tt][Ff]-8\2)? ?\?>/;
/** Capital first, as all of this document are: so it is none of the names that a parser has to keep from an object. */
const elementName = /^[A-Z][A-Za-z0-9]*$/;
const doubtfulReference = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)/;

/** Texts of elements as they stand, references and all, by the names that are looked for. */
type Found<Name extends string> = Record<Name, string | undefined>;

/** The root, with the children that a listing is read from; undefined where the parser is to be asked. */
export function scanListing(text: string): XmlElement | undefined {
  // Which the parser makes line feeds of.
  if (text.includes("\r")) return undefined;
  let at = declaration.exec(text)?.[0].length ?? 0;
  /** Whether the last tag was that of an empty element, `<Prefix/>`. */
  let empty = false;

  const passSpace = (): void => {
    while (isSpace(text.charCodeAt(at))) at++;
  };

  /** Of the tag that comes next, with nothing but white space before it; `/Key` where it is an end. */
  const nextName = (): string | undefined => {
    passSpace();
    if (text.charCodeAt(at) !== LESS) return undefined;
    const from = at + 1;
    const end = text.indexOf(">", from);
    if (end < 0) return undefined;
    at = end + 1;
    empty = text.charCodeAt(end - 1) === SLASH;
    if (empty && text.charCodeAt(from) === SLASH) return undefined;
    return text.slice(from, empty ? end - 1 : end);
  };

  /** The text of an element whose start was read; where it has other content nothing is passed. */
  const textUpToEnd = (name: string): string | undefined => {
    if (empty) return "";
    const end = text.indexOf("<", at);
    const after = end + name.length + 2;
    if (end < 0 || text.charCodeAt(end + 1) !== SLASH || text.charCodeAt(after) !== GREATER) return undefined;
    if (!text.startsWith(name, end + 2)) return undefined;
    const value = text.slice(at, end);
    if (value.includes("&") && doubtfulReference.test(value)) return undefined;
    at = after + 1;
    return value;
  };

  const pass = (name: string, depth: number): boolean => {
    if (!elementName.test(name)) return false;
    if (textUpToEnd(name) !== undefined) return true;
    if (depth === 0) return false;
    for (let child = nextName(); child !== undefined; child = nextName()) {
      if (child === `/${name}`) return true;
      if (!pass(child, depth - 1)) return false;
    }
    return false;
  };

  /** False: in doubt, as where a name that is looked for comes twice. */
  const take = <Name extends string>(name: string, into: Found<Name>): boolean => {
    if (!isOneOf(name, into)) return pass(name, DEPTH);
    if (into[name] !== undefined) return false;
    const value = textUpToEnd(name);
    if (value === undefined) return false;
    into[name] = copyOf(value);
    return true;
  };

  const takeAll = <Name extends string>(end: string, into: Found<Name>): Found<Name> | undefined => {
    if (empty) return into;
    for (let name = nextName(); name !== undefined; name = nextName()) {
      if (name === end) return into;
      if (!take(name, into)) return undefined;
    }
    return undefined;
  };

  const root: Found<"EncodingType" | "IsTruncated" | "NextMarker"> = {
    EncodingType: undefined,
    IsTruncated: undefined,
    NextMarker: undefined,
  };
  const Contents: XmlElement[] = [];
  const CommonPrefixes: XmlElement[] = [];
  if (nextName() !== "ListBucketResult" || empty) return undefined;
  for (let name = nextName(); name !== "/ListBucketResult"; name = nextName()) {
    if (name === undefined) return undefined;
    if (name === "Contents" || name === "CommonPrefixes") {
      const read = name === "Contents" ? takeAll("/Contents", emptyEntry()) : takeAll("/CommonPrefixes", emptyPrefix());
      if (read === undefined) return undefined;
      (name === "Contents" ? Contents : CommonPrefixes).push(read);
    } else if (!take(name, root)) return undefined;
  }
  passSpace();
  return at === text.length ? { ...root, Contents, CommonPrefixes } : undefined;
}

/**
 * A slice of a string keeps the whole of it in memory: the page of a thousand entries, for the one key that is kept of it. A
 * slice of the joined string keeps that alone.
 */
const copyOf = (slice: string): string => ` ${slice}`.slice(1);

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x09;

const LESS = 0x3c;
const GREATER = 0x3e;
const SLASH = 0x2f;

const emptyEntry = (): Found<"Key" | "LastModified" | "ETag" | "Size" | "StorageClass"> => ({
  Key: undefined,
  LastModified: undefined,
  ETag: undefined,
  Size: undefined,
  StorageClass: undefined,
});

const emptyPrefix = (): Found<"Prefix"> => ({ Prefix: undefined });

function isOneOf<Name extends string>(name: string, found: Found<Name>): name is Name {
  return Object.hasOwn(found, name);
}
