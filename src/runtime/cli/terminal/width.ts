/**
 * How many columns a text takes on a terminal: two for a character of East Asian scripts and for an emoji (one of several code points
 * too), none for an accent that stands on another. Ranges: Unicode's EastAsianWidth.txt, those that are Wide or Fullwidth.
 */

const plain = /^[\x20-\x7e]*$/;
const wide =
  /^[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u;
/** Shown as a picture by itself, or because the selector U+FE0F asks for it. */
const emoji = /^\p{Emoji_Presentation}|^\p{Emoji}\ufe0f/u;
const without = /[\p{Mn}\p{Me}\u200b-\u200f\u2060-\u2064\ufeff\u1160-\u11ff]/gu;

let segmenter: Intl.Segmenter | undefined;
/** Made where it is needed first: most lines are plain. */
function graphemesOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function widthOfGrapheme(grapheme: string): number {
  if (emoji.test(grapheme) || wide.test(grapheme)) return 2;
  // What stands for several letters of some scripts is drawn as such.
  return [...grapheme.replace(without, "")].length;
}

export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  return graphemesOf(text).reduce((sum, grapheme) => sum + widthOfGrapheme(grapheme), 0);
}

/** The text, or as much of it as fits, with an ellipsis for the rest; no character is cut in two. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return "";
  let cut = "";
  let width = 1;
  for (const grapheme of graphemesOf(text)) {
    width += widthOfGrapheme(grapheme);
    if (width > columns) break;
    cut += grapheme;
  }
  return `${cut}…`;
}
