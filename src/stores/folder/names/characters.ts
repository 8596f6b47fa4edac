/**
 * Which characters of a key stand in a file's name as they are: those that every file system keeps, and of which it is settled which of
 * them a file system may take for one another. The list is closed, so that a name does not depend on which Unicode a system knows: all else
 * is written as the bytes of its UTF-8, `%XX`.
 *
 * A character that has a case is kept only where it is one of a pair that nothing else folds into. `ß` (which some file systems take for
 * `ss`), `ſ`, `ı`, `µ` and the last sigma are not.
 */

/** First and last of each range, where neither marks that are joined to what is before them nor characters without a width lie. */
const keptRanges: readonly (readonly [first: number, last: number])[] = [
  // Latin-1 but the soft hyphen, Latin Extended-A.
  [0xa1, 0xac],
  [0xae, 0x17f],
  // Greek, Cyrillic.
  [0x386, 0x386],
  [0x388, 0x38a],
  [0x38c, 0x38c],
  [0x38e, 0x3a1],
  [0x3a3, 0x3ce],
  [0x400, 0x45f],
  [0x490, 0x4bf],
  // Hebrew, Arabic, Devanagari, Thai: letters and digits.
  [0x5d0, 0x5ea],
  [0x621, 0x63a],
  [0x641, 0x64a],
  [0x660, 0x669],
  [0x671, 0x6d3],
  [0x904, 0x939],
  [0xe01, 0xe30],
  [0xe32, 0xe33],
  [0xe40, 0xe46],
  // Latin of Vietnamese.
  [0x1e00, 0x1e95],
  [0x1ea0, 0x1eff],
  // Dashes, quotes, bullet, ellipsis; euro; number; trade mark.
  [0x2012, 0x2027],
  [0x20ac, 0x20ac],
  [0x2116, 0x2116],
  [0x2122, 0x2122],
  // Chinese, Japanese, Korean.
  [0x3001, 0x3029],
  [0x3041, 0x3096],
  [0x30a1, 0x30fa],
  [0x30fc, 0x30fe],
  [0x3400, 0x4db5],
  [0x4e00, 0x9fa5],
  [0xac00, 0xd7a3],
  [0xff01, 0xff5e],
  // Pictures.
  [0x1f300, 0x1f5ff],
  [0x1f600, 0x1f64f],
  [0x1f680, 0x1f6c5],
  [0x1f900, 0x1f9ff],
];

/** No file name of Windows has them; `~` is what its short names are made with, `%` and `^` what ours are. */
const reserved = new Set('<>:"|?*\\/%^~');

export type Character = "plain" | "lower" | "upper";

const kinds = new Map<string, Character | undefined>();
const mostKnown = 10_000;

/** How a character (one code point) stands in a name; undefined: as its bytes. */
export function characterOf(character: string): Character | undefined {
  const known = kinds.get(character);
  if (known !== undefined || kinds.has(character)) return known;
  const kind = isKept(character) ? caseOf(character) : undefined;
  if (kinds.size >= mostKnown) kinds.clear();
  kinds.set(character, kind);
  return kind;
}

function isKept(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return code >= 0x20 && code !== 0x7f && !reserved.has(character);
  return keptRanges.some(([first, last]) => code >= first && code <= last);
}

/** Undefined where it folds into anything but its one partner. */
function caseOf(character: string): Character | undefined {
  const lower = character.toLowerCase();
  const upper = character.toUpperCase();
  if (lower === character && upper === character) return "plain";
  if (lower === character) return isPair(lower, upper) ? "lower" : undefined;
  return upper === character && isPair(lower, upper) ? "upper" : undefined;
}

const isPair = (lower: string, upper: string): boolean =>
  lower.toUpperCase() === upper && upper.toLowerCase() === lower && isKept(lower) && isKept(upper);
