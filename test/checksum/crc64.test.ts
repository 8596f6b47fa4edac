import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { build, modules } from "../../scripts/wasm.mjs";
import { crc64, crc64Digest, crc64Start, crc64Update } from "../../src/checksum/crc64.ts";
import { runs } from "../setup/quick.ts";

const ones = (1n << 64n) - 1n;

/** One byte, bit by bit, as the definition says: slow and plain. */
function takeByte(register: bigint, byte: number): bigint {
  let taken = register ^ BigInt(byte);
  for (let bit = 0; bit < 8; bit++) taken = taken & 1n ? (taken >> 1n) ^ 0xc96c5795d7870f42n : taken >> 1n;
  return taken;
}

const reference = (bytes: Uint8Array): string => ([...bytes].reduce(takeByte, ones) ^ ones).toString();

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
    { numRuns: runs(300) },
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
    { numRuns: runs(300) },
  );
});

test("the digest may be asked for on the way and goes on from there", () => {
  const state = crc64Start();
  crc64Update(state, Buffer.from("hello "));
  expect(crc64Digest(state)).toBe(crc64(Buffer.from("hello ")));
  crc64Update(state, Buffer.from("world"));
  expect(crc64Digest(state)).toBe(crc64(Buffer.from("hello world")));
});

describe("of more bytes than are counted at once", () => {
  /** Over three times the 64 KiB, and no period that the counting has: every prefix's checksum is known beforehand. */
  const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => (Math.imul(at + 1, 0x9e3779b1) ^ (at * at)) >>> 11);
  const registers = [ones];
  for (const byte of bytes) registers.push(takeByte(registers.at(-1)!, byte));
  const expected = (length: number): string => (registers[length]! ^ ones).toString();

  test.each([
    2413, 2432, 2448, 4095, 4096, 4097, 4111, 4112, 16_384, 65_535, 65_536, 65_537, 69_631, 69_632, 131_072, 200_000,
  ])("%i bytes, at every alignment", (length) => {
    for (let offset = 0; offset < 16; offset++) {
      expect(crc64(misaligned(bytes.subarray(0, length), offset))).toBe(expected(length));
    }
  });

  test("a long chunk leaves nothing behind for the next", () => {
    for (const length of [200_000, 4096, 65_536, 10_000, 5000, 3]) {
      expect(crc64(bytes.subarray(0, length))).toBe(expected(length));
    }
  });

  test("cut anywhere, and with other streams in between, each stream gives its own", () => {
    const cut = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 9000 }), fc.nat({ max: 140_000 }));
    const steps = fc.array(fc.tuple(fc.nat({ max: 2 }), cut, fc.nat({ max: 15 })), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (taken) => {
        const streams = [0, 1, 2].map(() => ({ state: crc64Start(), at: 0 }));
        for (const [which, length, offset] of taken) {
          const stream = streams[which]!;
          const chunk = bytes.subarray(stream.at, stream.at + length);
          crc64Update(stream.state, misaligned(chunk, offset));
          stream.at += chunk.length;
          expect(crc64Digest(stream.state)).toBe(expected(stream.at));
        }
      }),
      { numRuns: runs(100) },
    );
  });

  test("shared memory, and a Buffer from the pool at an odd place", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(70_003), 3);
    shared.set(bytes.subarray(0, 70_000));
    expect(crc64(shared)).toBe(expected(70_000));

    const pooled = Buffer.from(bytes.subarray(0, 1001));
    const odd = pooled.subarray((pooled.byteOffset & 1) ^ 1);
    expect(odd.byteOffset & 1).toBe(1);
    expect(crc64(odd)).toBe(reference(odd));
  });

  test("the chunk is left as it was", () => {
    const chunk = bytes.slice();
    crc64(chunk);
    expect(Buffer.compare(chunk, bytes)).toBe(0);
  });
});

test("no bytes at all leave the state as it was", () => {
  const state = crc64Start();
  crc64Update(state, Buffer.from("hello"));
  const before = { ...state };
  crc64Update(state, new Uint8Array(0));
  expect(state).toEqual(before);
});

test("what crc64.wat shrinks by is a multiple of the polynomial", () => {
  // x^(8n) is one byte carried over n zeros; in the reflected register 1 is the topmost bit.
  const powers = [1n << 63n];
  while (powers.length <= 2414) powers.push(takeByte(powers.at(-1)!, 0));
  const wat = readFileSync(new URL("../../src/checksum/crc64.wat", import.meta.url), "utf8");
  const loads = [...wat.matchAll(/v128\.load offset=(\d+)/g)].map(([, offset]) => 36_864 - Number(offset));
  const distances = loads.filter((distance) => distance > 0);
  expect(distances).toEqual([470, 1825, 2043, 2061, 2169, 2250, 2414]);
  expect(distances.reduce((sum, distance) => sum ^ powers[2414 - distance]!, powers[2414]!)).toBe(0n);
});

test("what is committed is what crc64.wat builds", async () => {
  expect(readFileSync(modules.crc64.built, "utf8"), "run `npm run wasm` and commit what it writes").toBe(
    await build(modules.crc64),
  );
});
