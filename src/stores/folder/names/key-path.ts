/**
 * A key as the names on the way to its file, and back. A name longer than file systems hold is cut into several, each but the last a folder:
 * `^-` at the end says that it goes on, `^-` at the beginning that it is what goes on. Those folders are in lower case, whatever the key: two
 * keys that differ in their capitals may share them, and where case means nothing they would have that of whichever came first. The mark
 * at the very end says which letters are capitals. Pure.
 */
import { type NameOf, nameOfSegment, segmentOfName, segmentOfWholeName } from "./segment.ts";

/** Bytes. File systems hold 255; what is kept beside an object has a name that is longer by up to 40. */
const longestName = 200;
/** Without its marks. */
const longestPiece = longestName - 2 * "^-".length;

/** The folders, and then the file. */
export function namesOfKey(key: string): readonly string[] {
  const segments = key.split("/");
  return segments.flatMap((segment, at) =>
    cut(nameOfSegment(segment, at === segments.length - 1 ? "object" : "folder")),
  );
}

/** The same of a prefix that ends in a slash, or is empty: folders alone. */
export const namesOfFolder = (prefix: string): readonly string[] =>
  prefix
    .split("/")
    .slice(0, -1)
    .flatMap((segment) => cut(nameOfSegment(segment, "folder")));

function cut(name: string): readonly string[] {
  if (Buffer.byteLength(name) <= longestName) return [name];
  const pieces: string[] = [];
  let piece = "";
  let bytes = 0;
  for (const [unit] of name.matchAll(/%[\dA-F]{2}|./gsu)) {
    const length = Buffer.byteLength(unit);
    if (bytes + length > longestPiece) {
      pieces.push(piece.replace(/(%[\dA-F]{2})|./gsu, (each, ofBytes) => ofBytes ?? each.toLowerCase()));
      piece = "";
      bytes = 0;
    }
    piece += unit;
    bytes += length;
  }
  pieces.push(piece);
  return pieces.map((each, at) => `${at === 0 ? "" : "^-"}${each}${at === pieces.length - 1 ? "" : "^-"}`);
}

/** A folder whose name goes on in what lies in it. */
export const goesOn = (name: string): boolean => name.endsWith("^-");

/** A name of our own, for what is no object: no key has it, in whatever folder. */
export const isOwnName = (name: string): boolean => name.startsWith("^") && !name.startsWith("^-");

/** The segment that became these names (one, or the pieces of one); undefined where none did. */
export function segmentOfNames(names: readonly string[], of: NameOf): string | undefined {
  if (names.length === 1) return names[0]?.startsWith("^-") ? undefined : segmentOfName(names[0] ?? "", of);
  const whole = names.map((name, at) => {
    const end = at === names.length - 1 ? undefined : -2;
    return name.slice(at === 0 ? 0 : 2, end);
  });
  const segment = segmentOfWholeName(whole.join("").normalize("NFC"));
  if (segment === undefined) return undefined;
  const cuts = cut(nameOfSegment(segment, of));
  const same = cuts.length === names.length && cuts.every((name, at) => name === names[at]?.normalize("NFC"));
  return same ? segment : undefined;
}

/** The key whose file lies there; undefined where none does. */
export function keyOfNames(names: readonly string[]): string | undefined {
  const segments: string[] = [];
  let from = 0;
  for (const [at, name] of names.entries()) {
    const last = at === names.length - 1;
    if (!last && goesOn(name)) continue;
    const segment = segmentOfNames(names.slice(from, at + 1), last ? "object" : "folder");
    if (segment === undefined) return undefined;
    segments.push(segment);
    from = at + 1;
  }
  return segments.length === 0 ? undefined : segments.join("/");
}
