/**
 * No secret comes back, however it is written. Would catch: one looked for as it was sent alone, or only whole, or only in the first of
 * two encodings; and text that is spoilt though it holds none.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedaction, createSecrets, redacted } from "../../src/vocabulary/redaction.ts";
import { runs } from "../setup/quick.ts";

const hex = (text: string, before = "") =>
  [...text].map((character) => before + character.charCodeAt(0).toString(16).padStart(2, "0")).join("");

/** How a page may write what it was sent. */
const encodings: Readonly<Record<string, (text: string) => string>> = {
  raw: (text) => text,
  url: encodeURIComponent,
  "url in lower case": (text) => encodeURIComponent(text).replace(/%../g, (each) => each.toLowerCase()),
  "url, every character": (text) => hex(text, "%"),
  xml: (text) => text.replace(/[&<>"'/=+]/g, (each) => `&#${each.charCodeAt(0)};`),
  "xml in hex": (text) => text.replace(/[^a-z]/g, (each) => `&#x${each.charCodeAt(0).toString(16)};`),
  "xml by name": (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;"),
  json: (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  "json in units": (text) => [...text].map((each) => `\\u${hex(each).padStart(4, "0")}`).join(""),
  base64: (text) => Buffer.from(text).toString("base64"),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  "base64 within more": (text) => Buffer.from(`x-cos: ${text}; and more`).toString("base64"),
  "base64 within other": (text) => Buffer.from(`x-cos-: ${text}!`).toString("base64"),
  "base64 within yet other": (text) => Buffer.from(`x-cos-t: ${text}\n\n`).toString("base64"),
  hex: (text) => hex(text),
  "hex in upper case": (text) => hex(text).toUpperCase(),
  "in lines": (text) => text.replace(/.{20}/g, "$&\r\n    "),
};

/** As keys, ids and tokens look: base64, its URL form, hex, and what a token may hold between them. */
const secret = fc.string({
  unit: fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_.~!*|&%;:"),
  minLength: 32,
  maxLength: 400,
});
const encoding = fc.constantFrom(...Object.keys(encodings));
const around = fc.string({ unit: fc.constantFrom(..." abc<>/\"'.;-"), maxLength: 20 });

const write = (names: readonly string[], text: string) =>
  names.reduce((written, name) => (encodings[name] as (text: string) => string)(written), text);

/** What anybody may read out of a text: it, and what it is when encodings are taken off. */
function readings(text: string): string[] {
  const all = new Set([text]);
  for (let depth = 0; depth < 4; depth++) {
    for (const each of [...all]) {
      all.add(each.replace(/%([0-9a-f]{2})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16))));
      all.add(
        each.replace(/\\u00([0-9a-f]{2})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
      );
      all.add(
        each
          .replace(/&#x([0-9a-f]+);/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
          .replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code)))
          .replaceAll("&amp;", "&"),
      );
      all.add(each.replaceAll("\\/", "/"));
      all.add(each.replace(/\s+/g, ""));
    }
  }
  return [...all];
}

describe("a secret is taken out", () => {
  test.each(Object.keys(encodings))("written as: %s", (name) => {
    fc.assert(
      fc.property(secret, around, around, (value, before, after) => {
        const written = write([name], value);
        const told = createRedaction(createSecrets([value]))(before + written + after);
        expect(told).toContain(redacted);
        for (const reading of readings(told)) expect(reading).not.toContain(value.slice(0, 16));
        expect(told).not.toContain(written.slice(4, 24));
        // All of it is gone: what is left is what stood beside it, and what a neighbour has a part in.
        expect(told.length).toBeLessThanOrEqual(before.length + after.length + redacted.length + 60);
      }),
      { numRuns: runs(60) },
    );
  });

  test("in one encoding within another", () => {
    const outer = fc.constantFrom(
      "url",
      "url, every character",
      "xml",
      "xml in hex",
      "json",
      "json in units",
      "in lines",
    );
    fc.assert(
      fc.property(secret, encoding, outer, outer, (value, first, second, third) => {
        const told = createRedaction(createSecrets([value]))(`blocked: ${write([first, second, third], value)} (end)`);
        expect(told).toContain(redacted);
        for (const reading of readings(told)) expect(reading).not.toContain(value.slice(4, 20));
      }),
      { numRuns: runs(200) },
    );
  });

  test("where only a part of it is told", () => {
    fc.assert(
      fc.property(secret, fc.nat(), (value, at) => {
        const from = at % (value.length - 20);
        const told = createRedaction(createSecrets([value]))(`cut: ${value.slice(from, from + 20)}`);
        expect(told).toBe(`cut: ${redacted}`);
      }),
      { numRuns: runs(200) },
    );
  });

  test("as often as it comes, and whichever of several it is", () => {
    const redact = createRedaction(createSecrets(["AKIDexample000000", "short1", undefined, ""]));
    expect(redact("AKIDexample000000 and short1, again AKIDexample000000")).toBe(
      `${redacted} and ${redacted}, again ${redacted}`,
    );
    expect(redact(`a%20${Buffer.from("short1").toString("hex")}`)).toBe(`a%20${redacted}`);
  });
});

describe("where a secret stands, what stands there is taken out whosever it is", () => {
  test.each([
    ["x-cos-security-token: abc/def+g==", `x-cos-security-token: ${redacted}`],
    ['{"x-cos-security-token":"abc"}', `{"x-cos-security-token":"${redacted}"}`],
    ["authorization: q-sign-algorithm=sha1&q-ak=AKIDx&q-signature=01 end", `authorization: ${redacted} end`],
    [
      "Authorization: AWS4-HMAC-SHA256 Credential=AKIDx/2025, SignedHeaders=host, Signature=01ab end",
      `Authorization: AWS4-HMAC-SHA256 ${redacted} end`,
    ],
    ["Proxy-Authorization: Basic dXNlcjpwYXNz", `Proxy-Authorization: Basic ${redacted}`],
    ["/a.jpg?q-ak=AKIDx&q-signature=01&x=1", `/a.jpg?q-ak=${redacted}&q-signature=${redacted}&x=1`],
    ["SecretId=AKIDx&Signature=ab%3D", `SecretId=${redacted}&Signature=${redacted}`],
    ["via http://user:pass@proxy.example:3128/", `via http://${redacted}@proxy.example:3128/`],
  ])("%s", (text, told) => {
    expect(createRedaction()(text)).toBe(told);
    expect(createRedaction()(told)).toBe(told);
  });
});

test("text without a secret is the same text", () => {
  const redact = createRedaction(createSecrets(["AKIDexampleexampleexample", "example-key-of-thirty-two-bytes!"]));
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      fc.pre(!/[:=@]/.test(text));
      expect(redact(text)).toBe(text);
    }),
    { numRuns: runs(500) },
  );
  for (const text of [
    "The specified key does not exist.",
    "Access Denied: sign in, or ask for authorization.",
    "NjQ2NGMyZDhfZDZlZTM2MGJfMmU4OV8zNWE=",
    "100% sure? &c. C:\\folder\\new 夏天",
    "x".repeat(4_000),
    "",
  ]) {
    expect(redact(text)).toBe(text);
  }
});
