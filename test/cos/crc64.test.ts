import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc64, crc64Digest, crc64Start, crc64Update } from "../../src/cos/crc64.ts";

/** Bit by bit, as the definition says: slow and plain. */
function reference(bytes: Uint8Array): string {
  const mask = (1n << 64n) - 1n;
  let register = mask;
  for (const byte of bytes) {
    register ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      register = register & 1n ? (register >> 1n) ^ 0xc96c5795d7870f42n : register >> 1n;
    }
  }
  return (register ^ mask).toString();
}

describe("known checksums", () => {
  test.each([
    ["", "0"],
    ["123456789", "11051210869376104954"],
    ["0123456789", "2838902930144391966"],
    ["hello world", "5981764153023615706"],
    ["[Object Content]", "16749565679157681890"],
    ["[Object Content Version 2]", "11596229263574363878"],
  ])("of %j", (text, expected) => {
    expect(crc64(Buffer.from(text))).toBe(expected);
    expect(reference(Buffer.from(text))).toBe(expected);
  });
});

/** The same bytes at an offset of 0 to 15 in a larger buffer, as sockets hand them out. */
function misaligned(bytes: Uint8Array, offset: number): Uint8Array {
  const room = new Uint8Array(bytes.length + offset + 3).fill(0xa5);
  room.set(bytes, offset);
  return room.subarray(offset, offset + bytes.length);
}

test("any bytes, at any alignment, give what the definition gives", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat({ max: 15 }), (bytes, offset) => {
      expect(crc64(misaligned(bytes, offset))).toBe(reference(bytes));
    }),
    { numRuns: 300 },
  );
});

test("chunks cut anywhere, each at its own alignment, give what the whole gives", () => {
  const chunks = fc.array(fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 15 })), { maxLength: 12 });
  fc.assert(
    fc.property(chunks, (parts) => {
      const state = crc64Start();
      for (const [bytes, offset] of parts) crc64Update(state, misaligned(bytes, offset));
      expect(crc64Digest(state)).toBe(crc64(Buffer.concat(parts.map(([bytes]) => bytes))));
    }),
    { numRuns: 300 },
  );
});

test("the digest may be asked for on the way and goes on from there", () => {
  const state = crc64Start();
  crc64Update(state, Buffer.from("hello "));
  expect(crc64Digest(state)).toBe(crc64(Buffer.from("hello ")));
  crc64Update(state, Buffer.from("world"));
  expect(crc64Digest(state)).toBe(crc64(Buffer.from("hello world")));
});
