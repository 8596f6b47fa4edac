import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseProof } from "../../../src/archive/proof/choose-proof.ts";
import {
  contentMd5,
  difference,
  type Expectation,
  hasChanged,
  holdsOriginal,
  isMd5,
} from "../../../src/archive/proof/identity.ts";
import type { ObjectInfo } from "../../../src/objects/bucket.ts";
import { proofFloors } from "../../../src/vocabulary/choices.ts";

const hex = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 32, maxLength: 32 });
const etag = fc.oneof(
  hex,
  fc.tuple(hex, fc.integer({ min: 1, max: 10_000 })).map(([h, n]) => `${h}-${n}`),
);
const crc64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const size = fc.integer({ min: 0, max: 2 ** 40 });
const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const facts = fc.record({ size: maybe(size), etag: maybe(etag), crc64: maybe(crc64) });
const expectation = facts.map((known): Expectation => ({ ...known, from: "row" }));
const headers = fc.constantFrom({}, { "x-cos-server-side-encryption": "AES256" });
const infoOf = (known: Partial<Expectation>, more: object = {}): ObjectInfo => ({
  status: 200,
  headers: {},
  size: known.size,
  etag: known.etag,
  crc64: known.crc64,
  ...more,
});
/** Of the same few facts, so that agreeing happens. */
const near = fc
  .tuple(facts, facts, fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), headers)
  .map(([a, b, [sameSize, sameEtag, sameCrc]]) => ({
    expected: { ...a, from: "row" as const },
    info: infoOf({
      size: sameSize ? a.size : b.size,
      etag: sameEtag ? a.etag?.toUpperCase() : b.etag,
      crc64: sameCrc ? a.crc64 : b.crc64,
    }),
  }));

describe("the proof that is chosen", () => {
  test("is never one that what is known does not allow, nor one weaker than the floor", () => {
    fc.assert(
      fc.property(expectation, fc.constantFrom(...proofFloors), fc.boolean(), (known, floor, trusted) => {
        const proof = chooseProof(known, floor, trusted);
        if (proof === "content-md5") expect(trusted && isMd5(known.etag)).toBe(true);
        if (proof === "crc64") expect([known.crc64 !== undefined, floor]).not.toEqual([true, "content-md5"]);
        if (proof === "crc64") expect(known.crc64).toBeDefined();
        if (proof === "size") expect([floor, known.size !== undefined]).toEqual(["size", true]);
        // No floor is harder to meet than what it is weaker than.
        if (chooseProof(known, "auto", trusted) !== undefined) {
          expect(chooseProof(known, "size", trusted)).toBe(chooseProof(known, "auto", trusted));
        }
      }),
    );
  });
});

describe("a difference", () => {
  test("is never found between a thing and itself, whatever is told of it", () => {
    fc.assert(
      fc.property(expectation, headers, (known, encryption) => {
        const info = infoOf(known, { headers: encryption });
        expect(difference(known, info)).toBeUndefined();
        expect(hasChanged(known, info)).toBe(false);
      }),
    );
  });

  test("is found in the size always, and in the CRC64 wherever both tell one", () => {
    fc.assert(
      fc.property(near, ({ expected, info }) => {
        const differs = (a: unknown, b: unknown) => a !== undefined && b !== undefined && a !== b;
        const found = difference(expected, info);
        if (differs(expected.size, info.size) || differs(expected.crc64, info.crc64)) expect(found).toBeDefined();
        if (found !== undefined) expect(hasChanged(expected, info)).toBe(true);
      }),
    );
  });

  test("in an ETag counts only between two MD5s, of an object that is not encrypted, without CRC64s that settle it", () => {
    const expected: Expectation = { size: 1, etag: "a".repeat(32), crc64: "1", from: "row" };
    const b = "b".repeat(32);
    expect(difference(expected, infoOf({ size: 1, etag: b }))).toContain(b);
    expect(difference(expected, infoOf({ size: 1, etag: "A".repeat(32) }))).toBeUndefined();
    expect(difference(expected, infoOf({ size: 1, etag: `${b}-2` }))).toBeUndefined();
    expect(difference(expected, infoOf({ size: 1, etag: b, crc64: "1" }))).toBeUndefined();
    const encrypted = { headers: { "x-cos-server-side-encryption": "cos/kms" } };
    expect(difference(expected, infoOf({ size: 1, etag: b }, encrypted))).toBeUndefined();
  });
});

describe("the archive holds the original", () => {
  test("only where its own length and its own CRC64 or MD5 say so", () => {
    fc.assert(
      fc.property(near, ({ expected, info }) => {
        if (!holdsOriginal(expected, info)) return;
        expect(info.size).toBe(expected.size);
        const crc = expected.crc64 !== undefined && info.crc64 === expected.crc64;
        const md5 = isMd5(expected.etag) && info.etag?.toLowerCase() === expected.etag;
        expect(crc || md5).toBe(true);
        expect(difference(expected, info)).toBeUndefined();
      }),
    );
  });

  test("and does where all of it agrees, but not by a length, an encrypted or a multipart ETag alone", () => {
    const md5 = "a".repeat(32);
    const expected = (known: object): Expectation => ({ size: 5, ...known, from: "row" });
    expect(holdsOriginal(expected({ etag: md5 }), infoOf({ size: 5, etag: md5 }))).toBe(true);
    expect(holdsOriginal(expected({ crc64: "7" }), infoOf({ size: 5, etag: "x-2", crc64: "7" }))).toBe(true);
    expect(holdsOriginal(expected({}), infoOf({ size: 5 }))).toBe(false);
    expect(holdsOriginal(expected({ etag: `${md5}-2` }), infoOf({ size: 5, etag: `${md5}-2` }))).toBe(false);
    const encrypted = { headers: { "x-cos-server-side-encryption": "AES256" } };
    expect(holdsOriginal(expected({ etag: md5 }), infoOf({ size: 5, etag: md5 }, encrypted))).toBe(false);
    expect(holdsOriginal({ etag: md5, from: "row" }, infoOf({ size: 5, etag: md5 }))).toBe(false);
  });

  test("is told by what it was proven by, of a store that tells no CRC64 itself, and never against what it tells", () => {
    const md5 = "a".repeat(32);
    const inParts: Expectation = { size: 5, etag: `${md5}-2`, crc64: "7", from: "head" };
    const told = { size: 5, etag: md5 };
    const proven = (provenCrc64: string) => ({ provenCrc64 });
    expect(holdsOriginal(inParts, infoOf(told, proven("7")))).toBe(true);
    expect(holdsOriginal(inParts, infoOf(told, proven("8")))).toBe(false);
    expect(holdsOriginal(inParts, infoOf({ ...told, size: 6 }, proven("7")))).toBe(false);
    expect(holdsOriginal(inParts, infoOf({ ...told, crc64: "8" }, proven("7")))).toBe(false);
    expect(holdsOriginal({ ...inParts, crc64: undefined }, infoOf(told, proven("7")))).toBe(false);
    // An MD5 that differs is of other bytes, whatever the metadata says.
    expect(holdsOriginal({ ...inParts, etag: "0".repeat(32) }, infoOf(told, proven("7")))).toBe(false);
  });
});

test("Content-MD5 is the base64 of the hex", () => {
  expect(contentMd5("ee8de918d05640145b18f70f4c3aa602")).toBe("7o3pGNBWQBRbGPcPTDqmAg==");
  fc.assert(fc.property(hex, (md5) => Buffer.from(contentMd5(md5), "base64").toString("hex") === md5));
});
