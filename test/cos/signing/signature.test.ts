import COS from "cos-nodejs-sdk-v5";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  authorization,
  createSigner,
  encodeKey,
  httpString,
  signKey,
  urlEncode,
} from "../../../src/cos/signing/signature.ts";
import { stringToSign } from "../../../src/cos/signing/signing-key.ts";
import { runs } from "../../setup/quick.ts";
import { userErrorOf } from "../thrown-by.ts";
import vectors from "./signature-vectors.json" with { type: "json" };

describe("the worked examples of document 436/7778", () => {
  test.each(vectors)("$id: every intermediate string and the signature come out as printed", (vector) => {
    const request = {
      method: vector.method,
      path: vector.path,
      query: Object.entries(vector.query).map(([name, value]) => [name, String(value)] as const),
      headers: Object.entries(vector.headers),
    };
    // The document leaves parentheses as they are; both targets name the same path.
    expect(decodeURIComponent(encodeKey(vector.path))).toBe(decodeURIComponent(vector.rawUrlPath));
    expect(signKey(vector.secretKey, vector.keyTime)).toBe(vector.expectedSignKey);
    expect(httpString(request).text).toBe(vector.expectedHttpString);
    expect(stringToSign(vector.keyTime, vector.expectedHttpString)).toBe(vector.expectedStringToSign);
    expect(authorization(request, vector, vector.keyTime)).toBe(vector.expectedAuthorization);
  });
});

/** Code points that have broken somebody's signature, among all others. */
const awkward = fc.constantFrom(
  ..." +%#?&'\"*()!/\\;=,<>~`^{}|[]@:$\t\r\n\0\u{7f}é中文\u{1f600}\u{1f468}\u{200d}\u{10ffff}%2F%20",
);
const anyText = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc
      .array(fc.oneof(awkward, fc.string({ unit: "binary", maxLength: 1 })), { maxLength: 30 })
      .map((parts) => parts.join("")),
  )
  .map((text) => text.toWellFormed());

/** As many bytes as a key may have: a few characters over and over, filled up where the next is too long. */
const key850 = fc
  .array(fc.oneof(awkward, fc.string({ unit: "binary", minLength: 1, maxLength: 1 })), { minLength: 1, maxLength: 20 })
  .map((parts) => {
    const piece = parts.join("").toWellFormed();
    const key = piece.repeat(Math.floor(850 / Buffer.byteLength(piece)));
    return key + "x".repeat(850 - Buffer.byteLength(key));
  });

const signedHeaders = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-length",
  "content-md5",
  "content-type",
  "expires",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
  "origin",
  "range",
  "pic-operations",
  "x-cos-acl",
  "x-cos-forbid-overwrite",
  "x-cos-meta-original-etag",
  "x-cos-security-token",
  "x-ci-anything",
];

/** The SDK orders the pairs by their plain names and the list by their encoded ones; the document says: the encoded. */
function ordersAgree(names: readonly string[]): boolean {
  const by = (of: (name: string) => string) =>
    [...names].sort((a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0)).join("\0");
  return by((name) => name.toLowerCase()) === by((name) => urlEncode(name).toLowerCase());
}

test("the official SDK signs every request alike, over all of Unicode", () => {
  const request = fc.record({
    method: fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE"),
    key: fc.oneof(anyText, key850, fc.constantFrom("a//b", "./x", "../x", "a?b#c", "//", "%2F", "中文 (1)+.jpg")),
    query: fc
      .uniqueArray(fc.tuple(fc.oneof(anyText, fc.constantFrom("prefix", "ci-process", "uploadId")), anyText), {
        selector: ([name]) => urlEncode(name).toLowerCase(),
        maxLength: 5,
      })
      // An object would move these to its front, or lose it.
      .filter((pairs) => pairs.every(([name]) => name !== "__proto__")),
    headers: fc.uniqueArray(fc.tuple(fc.constantFrom(...signedHeaders), anyText), { selector: ([name]) => name }),
    secretId: fc.stringMatching(/^AKID[A-Za-z0-9]{8,32}$/),
    secretKey: fc.string({ minLength: 1, maxLength: 40 }),
    start: fc.integer({ min: 1, max: 2_000_000_000 }),
  });
  let compared = 0;
  fc.assert(
    fc.property(request, ({ method, key, query, headers, secretId, secretKey, start }) => {
      fc.pre(ordersAgree(query.map(([name]) => name)));
      const keyTime = `${start};${start + 900}`;
      const theirs = COS.getAuthorization({
        SecretId: secretId,
        SecretKey: secretKey,
        Method: method as "GET",
        Pathname: `/${key}`,
        Query: Object.fromEntries(query),
        Headers: Object.fromEntries(headers),
        KeyTime: keyTime,
      });
      const ours = authorization({ method, path: `/${key}`, query, headers }, { secretId, secretKey }, keyTime);
      expect(ours).toBe(theirs);
      compared++;
    }),
    { numRuns: runs(1500) },
  );
  expect(compared).toBe(runs(1500));
});

test("what goes over the wire decodes to the key that was signed, and needs no other reader's leniency", () => {
  fc.assert(
    fc.property(fc.oneof(anyText, key850), (key) => {
      const encoded = encodeKey(key);
      expect(encoded).toMatch(/^(?:[A-Za-z0-9\-_.~/]|%[0-9A-F]{2})*$/);
      expect(decodeURIComponent(encoded)).toBe(key);
      expect(decodeURIComponent(urlEncode(key))).toBe(key);
      expect(urlEncode(key)).not.toContain("/");
    }),
  );
});

test("names are sorted and lower-cased after they are encoded, and repeated names keep all their values", () => {
  const { text, headerList, parameterList } = httpString({
    method: "GET",
    path: "/k",
    query: [
      ["b", "2"],
      ["a/b", "1"],
      ["B", "1"],
      ["acl", ""],
    ],
    headers: [["Host", "h"]],
  });
  expect(parameterList).toBe("a%2fb;acl;b;b");
  expect(headerList).toBe("host");
  expect(text).toBe("get\n/k\na%2fb=1&acl=&b=1&b=2\nhost=h\n");
});

test.each(["AKID\r\nx-injected: 1", "AKID one", "АКID", "AKID\0"])(
  "the secret id %j, which would break the head of a request, signs nothing and is not shown",
  (secretId) => {
    const request = { method: "GET", path: "/k", query: [], headers: [["host", "h"]] } as const;
    const error = userErrorOf(() => createSigner()(request, { secretId, secretKey: "secret" }, 1_700_000_000));
    expect(error.code).toBe("MalformedSecretId");
    expect(error.message).not.toContain(secretId);
  },
);

describe("the signer's window", () => {
  const credentials = { secretId: "AKIDexample", secretKey: "secret" };
  const request = { method: "GET", path: "/k", query: [], headers: [["host", "h"]] } as const;
  const keyTimeOf = (text: string) => /q-key-time=(\d+);(\d+)/.exec(text)!.slice(1).map(Number);

  test("every signature is valid from a minute before it was made, for at least 15 minutes after", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2_000, max: 2_000 }), { minLength: 1, maxLength: 30 }), (steps) => {
        const sign = createSigner();
        let now = 1_700_000_000;
        for (const step of steps) {
          now += step;
          const [start, end] = keyTimeOf(sign(request, credentials, now + 0.9));
          expect(start).toBeLessThanOrEqual(now - 60);
          expect(end).toBeGreaterThanOrEqual(now + 900);
        }
      }),
    );
  });

  test("one window serves five minutes of requests, and a new secret key begins a new one", () => {
    const sign = createSigner();
    const first = sign(request, credentials, 1_700_000_000);
    expect(sign(request, credentials, 1_700_000_299)).toBe(first);
    expect(sign(request, credentials, 1_700_000_300)).not.toBe(first);
    const other = sign(request, { ...credentials, secretKey: "renewed" }, 1_700_000_301);
    const [start, end] = keyTimeOf(other);
    expect(other).toBe(authorization(request, { ...credentials, secretKey: "renewed" }, `${start};${end}`));
  });
});
