/**
 * Where to split what is left of a listing: a guess from the keys listed so far. A page that went from `IMG_0411` to `IMG_0491`
 * says that pages are some eighty names long, so what follows is cut at `IMG_07`, then at `IMG_1`, `IMG_2`, …
 */
import { compareKeys } from "../../objects/key-order.ts";

/** What is known of the characters of keys, by how deep in the key they stand: what there is to cut at. */
export interface Letters {
  note(key: string): void;
  /** Characters after `letter` that keys may have at this depth, in order, every `step`-th of a class. */
  after(letter: string, depth: number, step: number, most: number): string[];
}

const DIGITS = [..."0123456789"];

export function createLetters(prefix: string): Letters {
  const everywhere = new Set<string>();
  const byDepth: Set<string>[] = [];
  return {
    note(key) {
      for (const [depth, letter] of [...key.slice(prefix.length)].entries()) {
        everywhere.add(letter);
        byDepth[depth] ??= new Set();
        byDepth[depth].add(letter);
      }
    },
    after(letter, depth, step, most) {
      const code = letter.codePointAt(0) as number;
      const like = kindOf(code);
      if (like === "beyond") return codesAfter(code, step, most);
      const alike = like === "digit" ? DIGITS : [...everywhere].filter((each) => kindOf(each.codePointAt(0)) === like);
      const next = alike
        .filter((each) => each > letter)
        .sort()
        .filter((_, n) => (n + 1) % step === 0);
      // Of another class only what was found at this depth: in a hex name letters follow the digits.
      const others = [...(byDepth[depth] ?? [])].filter(
        (each) => compareKeys(each, letter) > 0 && !alike.includes(each),
      );
      return [...next, ...others].sort(compareKeys).slice(0, most);
    },
  };
}

function kindOf(code = 0): "digit" | "lower" | "upper" | "sign" | "beyond" {
  if (code >= 0x30 && code <= 0x39) return "digit";
  if (code >= 0x61 && code <= 0x7a) return "lower";
  if (code >= 0x41 && code <= 0x5a) return "upper";
  return code < 0x80 ? "sign" : "beyond";
}

/** Scripts beyond ASCII have their characters side by side. Surrogates are no characters. */
function codesAfter(code: number, step: number, most: number): string[] {
  const codes: string[] = [];
  for (let next = code + step; next <= 0x10ffff && codes.length < most; next += step) {
    if (next >= 0xd800 && next <= 0xdfff) continue;
    codes.push(String.fromCodePoint(next));
  }
  return codes;
}

/** How many characters on of its class the second is; at least one. */
function distance(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return 1;
  const [from, to] = [a.codePointAt(0), b.codePointAt(0)];
  return kindOf(from) === kindOf(to) ? Math.max(1, (to as number) - (from as number)) : 1;
}

/** Pages that a piece is meant to have: its last request brings less than a page, so pieces of one would double them. */
const PAGES_A_PIECE = 3;
/** Characters of a class: what one step at a place of the key is worth in steps at the next. */
const RADIX = 10;

/**
 * Where to cut what is left of a range after a page from `first` to `last`: at keys after `last`, in order, the nearest some
 * pages apart and then farther and farther. At most `most`, all of them before `upTo`.
 */
export function cutsAfter(
  { first, last }: { readonly first: string; readonly last: string },
  upTo: string | undefined,
  prefix: string,
  letters: Letters,
  most: number,
): string[] {
  const from = [...first.slice(prefix.length)];
  const to = [...last.slice(prefix.length)];
  // The one key that is the prefix itself says nothing of the others.
  if (to.length === 0) return [];
  let depth = 0;
  while (depth < to.length - 1 && from[depth] === to[depth]) depth++;
  let step = PAGES_A_PIECE * distance(from[depth], to[depth]);
  const cuts: string[] = [];
  for (; depth >= 0 && cuts.length < most; depth--, step = Math.max(1, Math.round(step / RADIX))) {
    const stem = prefix + to.slice(0, depth).join("");
    for (const letter of letters.after(to[depth] as string, depth, step, most - cuts.length)) {
      const cut = stem + letter;
      if (upTo !== undefined && compareKeys(cut, upTo) >= 0) return cuts;
      cuts.push(cut);
    }
  }
  return cuts;
}
