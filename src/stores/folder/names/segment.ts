/**
 * One segment of a key (what lies between two slashes) as one name, and back. docs/folder.md tells it to people.
 *
 *   photo.jpg            photo.jpg             a name in lower case stands as it is
 *   IMG_1234.JPG         IMG_1234^1v.JPG       the mark behind `^` says which letters are capitals
 *   IMG_1234.jpg         IMG_1234^7.jpg        (one bit a letter, the first is the lowest, in base 32)
 *   a<b>.jpg             a%3Cb%3E.jpg          what names can't hold is its bytes
 *   nul.txt              %6Eul.txt             and so is the first letter of what Windows keeps for devices
 *   a.                   a%2E                  and a dot or space at the end, which Windows cuts off
 *   café.jpg (NFD)       café^z.jpg (NFC)      z: the key has it decomposed
 *   README (an object)   README^x1v            x: an object without an extension, or
 *   v.2b (a folder)      v^x.2b                a folder with one: so no folder is ever where an object of that name would be
 *   (empty)              %_
 *
 * No two segments become names that a file system could take for one another: by case, by the form of Unicode, or by what Windows cuts off.
 * A name that no segment becomes is not ours, and means nothing. Pure.
 */
import { characterOf } from "./characters.ts";

/** What the name is of: the last segment of a key is an object's, those before it are folders'. */
export type NameOf = "object" | "folder";

/** A dot and one to eight letters or digits, a letter among them, behind something else. */
const extension = /(?<=.)\.(?=\d*[a-z])[a-z\d]{1,8}$/is;
/** With whatever extension, and with spaces before it, these open devices on Windows. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com[\d¹²³]|lpt[\d¹²³]) *(?:\.|$)/i;
/** Most names: nothing to be said of them but themselves. */
const plain = /^[\da-z_-][\da-z_ -]*(?:\.[\da-z_-]+)*$/;

const empty = "%_";

export function nameOfSegment(segment: string, of: NameOf): string {
  const hasExtension = extension.exec(segment)?.[0] ?? "";
  const odd = (of === "object") !== (hasExtension !== "");
  if (!odd && plain.test(segment) && !segment.endsWith(" ") && !device.test(segment)) return segment;
  const composed = segment.normalize("NFC");
  const decomposed = composed !== segment && composed.normalize("NFD") === segment;
  // Neither form: then nothing beyond ASCII is left to be normalised.
  const asBytes = composed !== segment && !decomposed;
  const { name, capitals } = written(decomposed ? composed : segment, asBytes);
  const mark = `${decomposed ? "z" : ""}${odd ? "x" : ""}${capitals === 0n ? "" : capitals.toString(32)}`;
  if (mark === "") return name;
  const at = name.length - hasExtension.length;
  return `${name.slice(0, at)}^${mark}${name.slice(at)}`;
}

function written(text: string, asBytes: boolean): { readonly name: string; readonly capitals: bigint } {
  if (text === "") return { name: empty, capitals: 0n };
  const characters = [...text];
  const last = characters.length - 1;
  const isDevice = device.test(text);
  let name = "";
  let capitals = 0n;
  let letter = 1n;
  for (const [at, character] of characters.entries()) {
    const kind = characterOf(character);
    const cutOff = at === last && (character === "." || character === " ");
    if (kind === undefined || cutOff || (asBytes && character > "\x7f") || (at === 0 && isDevice)) {
      name += bytesOf(character);
      continue;
    }
    name += character;
    if (kind === "plain") continue;
    if (kind === "upper") capitals |= letter;
    letter <<= 1n;
  }
  return { name, capitals };
}

function bytesOf(character: string): string {
  let text = "";
  for (const byte of Buffer.from(character)) text += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return text;
}

/** The segment that became this name, as a directory tells it (one that decomposes what it keeps, too); undefined where none did. */
export function segmentOfName(name: string, of: NameOf): string | undefined {
  if (plain.test(name) && extension.test(name) === (of === "object") && !device.test(name) && !name.endsWith(" "))
    return name;
  const kept = name.normalize("NFC");
  const segment = segmentOfWholeName(kept);
  return segment !== undefined && nameOfSegment(segment, of) === kept ? segment : undefined;
}

/** What a name says, whoever made it: whether the segment becomes that name is not looked at. Its letters may be of either case. */
export function segmentOfWholeName(name: string): string | undefined {
  const [, stem = "", mark = "", end = ""] = /^(.*?)(?:\^([\da-z]+)(\.[\da-z]{1,8})?)?$/is.exec(name) ?? [];
  const [, z, , digits = ""] = /^(z?)(x?)([\da-v]*)$/.exec(mark.toLowerCase()) ?? [];
  if (z === undefined) return undefined;
  let capitals = 0n;
  for (const digit of digits) capitals = capitals * 32n + BigInt(Number.parseInt(digit, 32));
  const text = stem === empty && end === "" ? "" : unwritten(stem + end, capitals);
  return z === "" ? text : text?.normalize("NFD");
}

function unwritten(name: string, capitals: bigint): string | undefined {
  let text = "";
  let letter = 1n;
  const pieces = name.matchAll(/((?:%[\da-f]{2})+)|(.)/gisu);
  for (const [, bytes, character = ""] of pieces) {
    if (bytes !== undefined) {
      text += Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8");
      continue;
    }
    const kind = characterOf(character);
    if (kind === undefined) return undefined;
    if (kind === "plain") {
      text += character;
      continue;
    }
    text += (capitals & letter) === 0n ? character.toLowerCase() : character.toUpperCase();
    letter <<= 1n;
  }
  return text;
}
