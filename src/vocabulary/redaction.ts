/**
 * Secrets by value: whatever text comes from outside (a service's error, a proxy's page, a request id) is read through `redact`
 * before anybody sees it or the ledger keeps it. What a request was signed with is found in it raw, URL-encoded, as escapes of XML or
 * JSON, in each other or several times over, in base64 and in hex, and also a part of it, where a message was cut.
 *
 * Beside that, what stands where a secret stands (`x-cos-security-token: …`) is taken out whatever its value is: it may be another
 * request's.
 */

/** The same text without the secrets. */
export type Redact = (text: string) => string;

/** What stands in a secret's place. */
export const redacted = "[redacted]";

/** As many characters of a secret, in a row, are told from chance. */
const PART = 12;
/** Each part holds a piece of this many at every place that STEP divides, so that a text without secrets is read quickly. */
const PIECE = 7;
const STEP = PART - PIECE + 1;
/** Nothing shorter is a secret; it would be found in half of all words. */
const LEAST = 6;
/** URL-encoded in XML in JSON: nobody has seen more. */
const DEPTH = 4;

/** What is looked for. Listed when it is first looked for, which takes a while: who has many texts keeps it. */
export interface Secrets {
  readonly parts: () => Parts;
}

/** @param values absent ones are passed over */
export function createSecrets(values: readonly (string | undefined)[]): Secrets {
  let parts: Parts | undefined;
  return {
    parts() {
      parts ??= partsOf(values);
      return parts;
    },
  };
}

export function createRedaction(...all: readonly Secrets[]): Redact {
  return (text) => {
    if (text.length < LEAST || (!marked.test(text) && !all.some((secrets) => maybeIn(text, secrets.parts()))))
      return text;
    const spans: Span[] = [];
    if (named.test(text)) shapesIn(text, spans);
    const levels = encodedOrBroken.test(text) ? levelsOf(text) : [{ text }];
    for (const level of levels) {
      for (const secrets of all) find(level, secrets.parts(), spans);
    }
    return spans.length === 0 ? text : without(text, spans);
  };
}

/** Without one of these nothing has a name, or an encoding, so that most texts are read once. */
const named = /[:@]|=[^=\s]|%3[ad]/i;
const marked = /[:@%&\\\r\n]|=[^=\s]/;
const encodedOrBroken = /[%&\\\r\n]/;

/** Half-open, by index of the text. */
type Span = readonly [from: number, to: number];

interface Parts {
  /** Those that are long enough for a part. */
  readonly forms: readonly string[];
  /** May these PIECE characters be in one of them? A no is certain. */
  readonly mayHold: (text: string, at: number) => boolean;
  /** Whole ones that are shorter. */
  readonly short: readonly string[];
}

/** Up to so many characters they are searched; beyond, a table of marks tells sooner. */
const SEARCHED = 2_000;
const MARKS = 2 ** 18;

function partsOf(secrets: readonly (string | undefined)[]): Parts {
  const all = secrets.flatMap((secret) => (secret === undefined || secret.length < LEAST ? [] : formsOf(secret)));
  const forms = all.filter((form) => form.length >= PART);
  const short = all.filter((form) => form.length < PART);
  const joined = forms.join("\n");
  if (joined.length <= SEARCHED) {
    return { forms, short, mayHold: (text, at) => joined.includes(text.slice(at, at + PIECE)) };
  }
  const marks = new Uint8Array(MARKS);
  for (let at = 0; at + PIECE <= joined.length; at++) marks[markOf(joined, at)] = 1;
  return { forms, short, mayHold: (text, at) => marks[markOf(text, at)] === 1 };
}

function markOf(text: string, at: number): number {
  let mark = 0;
  for (let next = at; next < at + PIECE; next++) mark = Math.imul(mark, 31) + text.charCodeAt(next);
  return (mark ^ (mark >>> 15)) & (MARKS - 1);
}

/** As it is, in hex, and in base64 at each of the three places where it may begin within a longer text. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const forms = [secret, hex];
  if (/[a-f]/.test(hex)) forms.push(hex.toUpperCase());
  for (const before of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    // A character that the neighbours have a part in is left out.
    const first = Math.ceil((before * 4) / 3);
    const base64 = whole.toString("base64").slice(first, Math.floor((whole.length * 4) / 3));
    if (base64.length < LEAST) continue;
    forms.push(base64);
    if (/[+/]/.test(base64)) forms.push(base64.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return forms;
}

/** A reading of the text. */
interface Level {
  readonly text: string;
  /** Where each of its characters, and its end, stand in the text that was given; absent: where they stand here. */
  readonly places?: readonly number[];
}

/** The text, and what is left of it when one encoding after the other is taken off, and broken lines are joined. */
function* levelsOf(text: string): Generator<Level> {
  let levels: readonly Level[] = [{ text }];
  for (let depth = 0; depth <= DEPTH && levels.length > 0; depth++) {
    const all = levels.flatMap((level) => [level, ...rewritten(level, /\s*[\r\n]\s*/g, () => "")]);
    yield* all;
    levels = all.flatMap((level) => rewritten(level, encoded, decode));
  }
}

const encoded =
  /%([0-9a-f]{2})|&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));|\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|(["'\\/nr]))/gi;

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(match: RegExpExecArray): string {
  const [, percent, decimal, hex, name, unicode, byte, escaped] = match;
  if (escaped !== undefined) return /[nr]/i.test(escaped) ? "\n" : escaped;
  if (name !== undefined) return entities[name.toLowerCase()] ?? "";
  const code = decimal === undefined ? Number.parseInt(percent ?? hex ?? unicode ?? byte ?? "", 16) : Number(decimal);
  // One unit for one: no secret has a character beyond ASCII.
  return code < 0x80 ? String.fromCharCode(code) : "\ufffd";
}

/** None where nothing matches. */
function rewritten({ text, places }: Level, pattern: RegExp, by: (match: RegExpExecArray) => string): readonly Level[] {
  const placeOf = (at: number) => (places === undefined ? at : (places[at] as number));
  let out = "";
  const outPlaces: number[] = [];
  let from = 0;
  const keep = (to: number) => {
    for (let at = from; at < to; at++) outPlaces.push(placeOf(at));
    out += text.slice(from, to);
  };
  for (const match of text.matchAll(pattern)) {
    keep(match.index);
    const instead = by(match);
    if (instead !== "") outPlaces.push(placeOf(match.index));
    out += instead;
    from = match.index + match[0].length;
  }
  if (from === 0) return [];
  keep(text.length);
  outPlaces.push(placeOf(text.length));
  return [{ text: out, places: outPlaces }];
}

/** A no is certain. */
function maybeIn(text: string, { mayHold, short }: Parts): boolean {
  for (let at = 0; at + PIECE <= text.length; at += STEP) if (mayHold(text, at)) return true;
  return short.some((secret) => text.includes(secret));
}

function find({ text, places }: Level, { forms, mayHold, short }: Parts, spans: Span[]): void {
  const add = (from: number, to: number) =>
    spans.push(places === undefined ? [from, to] : [places[from] as number, places[to] as number]);
  for (let piece = 0; piece + PIECE <= text.length; piece += STEP) {
    if (!mayHold(text, piece)) continue;
    // A part that holds this piece begins with it, or a little before.
    for (let at = Math.max(0, piece - STEP + 1); at <= piece && at + PART <= text.length; at++) {
      const part = text.slice(at, at + PART);
      if (forms.some((form) => form.includes(part))) add(at, at + PART);
    }
  }
  for (const secret of short) {
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) add(at, at + secret.length);
  }
}

/** Names after which a secret stands, in headers, queries and XML, and a password in an address. */
const shapes = [
  /\b(?:proxy-)?authorization["']?\s*(?::|=|%3[ad])\s*["']?(?:(?:basic|bearer|digest|aws4-[a-z0-9-]+)\s+)?((?:[^\s<>"',&]|&(?=[\w-]+=)|,\s*(?=credential=|signedheaders=|signature=))+)/dgi,
  /\bx-(?:cos|amz)-security-token["']?\s*(?::|=|%3[ad])\s*["']?([^\s<>"'&]+)/dgi,
  /\b(?:q-[a-z-]+|sign|signature|x-amz-signature|secretid|secretkey|securitytoken|sessiontoken)=([^&\s<>"',]*)/dgi,
  /:\/\/([^\s/@:]*:[^\s/@]*)@/dg,
];

function shapesIn(text: string, spans: Span[]): void {
  for (const shape of shapes) {
    for (const { indices } of text.matchAll(shape)) {
      const span = indices?.[1];
      if (span !== undefined && span[0] < span[1]) spans.push(span);
    }
  }
}

function without(text: string, spans: Span[]): string {
  spans.sort((a, b) => a[0] - b[0]);
  let out = "";
  let from = 0;
  let last = -1;
  for (const [start, end] of spans) {
    if (end <= from) continue;
    // What touches is one.
    if (start > last) out += text.slice(from, start) + redacted;
    from = end;
    last = end;
  }
  return out + text.slice(from);
}
