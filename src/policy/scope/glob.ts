/**
 * Globs over whole keys, as rclone's filters have them (rclone.org/filtering, "Pattern syntax"): `*` is any part of a name, `**` also
 * goes over slashes, `?` is one character, `[a-z]` and `[!a-z]` are one of them or none of them, `{a,b}` is either, and `\` takes what a
 * character means from it. One that begins with `/` is matched from the beginning of the key on, any other from the beginning or behind any
 * slash; one that ends in `/` stands for all below that folder. Pure.
 *
 * A key is matched in one pass, in time that its length and the glob's bound: no glob makes a run stand still.
 */
import { quote } from "../../vocabulary/errors.ts";

export interface Glob {
  matches(key: string): boolean;
}

type Token =
  | { readonly kind: "one"; readonly code: number }
  /** `?`, or a set of characters. */
  | { readonly kind: "any" }
  | { readonly kind: "set"; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] }
  /** `*` and `**`. */
  | { readonly kind: "name" }
  | { readonly kind: "path" };

interface Sequence {
  /** Only from the beginning of the key on. */
  readonly rooted: boolean;
  readonly tokens: readonly Token[];
}

/** Of one glob, once its braces are told apart. */
const mostAlternatives = 1_000;
const slash = "/".charCodeAt(0);

/** `fault` completes a sentence that begins with the glob. */
export function readGlob(text: string): Glob | { readonly fault: string } {
  const read = alternativesOf(text);
  if ("fault" in read) return read;
  const sequences: Sequence[] = [];
  for (const tokens of read.alternatives) {
    const rooted = isSlash(tokens[0]);
    const rest = rooted ? tokens.slice(1) : tokens;
    if (rest.length === 0) return { fault: rooted ? "is only a slash; ** stands for all keys" : "may be empty" };
    sequences.push({ rooted, tokens: isSlash(rest.at(-1)) ? [...rest, { kind: "path" }] : rest });
  }
  return { matches: (key) => sequences.some((sequence) => matches(sequence, key)) };
}

const isSlash = (token: Token | undefined) => token?.kind === "one" && token.code === slash;

type Read = { readonly alternatives: readonly (readonly Token[])[] } | { readonly fault: string };

function alternativesOf(text: string): Read {
  if (text === "") return { fault: "is empty" };
  if (text.includes("{{")) return { fault: "has a regular expression in {{ }}, which is not supported" };
  const characters = Array.from(text);
  /** What is read so far, in each of its alternatives. */
  let whole: Token[][] = [[]];
  /** Of the braces that are open: those that are read, and the one at hand. */
  let braces: { readonly ended: Token[][]; now: Token[] } | undefined;
  const push = (token: Token) => {
    if (braces !== undefined) braces.now.push(token);
    else for (const each of whole) each.push(token);
  };
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    switch (character) {
      case "\\": {
        const next = characters[++at];
        if (next === undefined) return { fault: "ends in a backslash" };
        push(one(next));
        break;
      }
      case "*": {
        let stars = 1;
        while (characters[at + 1] === "*") {
          stars++;
          at++;
        }
        if (stars > 2) return { fault: "has more than two * in a row" };
        push({ kind: stars === 2 ? "path" : "name" });
        break;
      }
      case "?":
        push({ kind: "any" });
        break;
      case "[": {
        const read = setAt(characters, at + 1);
        if ("fault" in read) return read;
        push(read.token);
        at = read.end;
        break;
      }
      case "{":
        if (braces !== undefined) return { fault: "has braces within braces, which is not supported" };
        braces = { ended: [], now: [] };
        break;
      case ",":
        if (braces === undefined) push(one(character));
        else {
          braces.ended.push(braces.now);
          braces.now = [];
        }
        break;
      case "}": {
        if (braces === undefined) return { fault: "has a } without a { before it" };
        const inside = [...braces.ended, braces.now];
        braces = undefined;
        if (whole.length * inside.length > mostAlternatives) {
          return { fault: `stands for more than ${mostAlternatives} alternatives` };
        }
        whole = whole.flatMap((before) => inside.map((after) => [...before, ...after]));
        break;
      }
      case "]":
        return { fault: "has a ] without a [ before it" };
      default:
        push(one(character));
    }
  }
  return braces === undefined ? { alternatives: whole } : { fault: "has a { without a } after it" };
}

const one = (character: string): Token => ({ kind: "one", code: character.codePointAt(0) as number });

/** @param from behind the bracket that opens it */
function setAt(
  characters: readonly string[],
  from: number,
): { readonly token: Token; readonly end: number } | { readonly fault: string } {
  let at = from;
  const negated = characters[at] === "!" || characters[at] === "^";
  if (negated) at++;
  const ranges: [number, number][] = [];
  const next = (): number | undefined => {
    if (characters[at] === "\\") at++;
    return characters[at++]?.codePointAt(0);
  };
  while (at < characters.length && characters[at] !== "]") {
    if (characters[at] === "[" && characters[at + 1] === ":") {
      return { fault: "has a class of characters like [[:alpha:]], which is not supported" };
    }
    const low = next();
    let high = low;
    if (characters[at] === "-" && characters[at + 1] !== "]" && characters[at + 1] !== undefined) {
      at++;
      high = next();
    }
    if (low === undefined || high === undefined) break;
    if (high < low) return { fault: `has a range that goes backwards, ${rangeText(low, high)}` };
    ranges.push([low, high]);
  }
  if (characters[at] !== "]") return { fault: "has a [ without a ] after it" };
  if (ranges.length === 0) return { fault: "has brackets with nothing in them" };
  return { token: { kind: "set", negated, ranges }, end: at };
}

const rangeText = (low: number, high: number) => quote(`${String.fromCodePoint(low)}-${String.fromCodePoint(high)}`);

/** All places in the glob that the key may have come to, character by character. */
function matches({ rooted, tokens }: Sequence, key: string): boolean {
  const end = tokens.length;
  let now = new Uint8Array(end + 1);
  let next = new Uint8Array(end + 1);
  /** Stars may stand for nothing. */
  const enter = (places: Uint8Array, place: number) => {
    let at = place;
    places[at] = 1;
    for (; at < end && isStar(tokens[at] as Token); at++) places[at + 1] = 1;
  };
  enter(now, 0);
  for (const character of key) {
    const code = character.codePointAt(0) as number;
    next.fill(0);
    let some = false;
    for (let place = 0; place < end; place++) {
      if (now[place] === 0) continue;
      const token = tokens[place] as Token;
      if (!takes(token, code)) continue;
      enter(next, isStar(token) ? place : place + 1);
      some = true;
    }
    if (!rooted && code === slash) enter(next, 0);
    else if (!some && rooted) return false;
    [now, next] = [next, now];
  }
  return now[end] === 1;
}

const isStar = ({ kind }: Token) => kind === "name" || kind === "path";

function takes(token: Token, code: number): boolean {
  switch (token.kind) {
    case "one":
      return token.code === code;
    case "path":
      return true;
    case "name":
    case "any":
      return code !== slash;
    case "set":
      return code !== slash && token.ranges.some(([low, high]) => low <= code && code <= high) !== token.negated;
  }
}
