import fc from "fast-check";
import { expect, test } from "vitest";
import { crc64 } from "../../src/checksum/crc64.ts";
import { crc64Combine } from "../../src/checksum/crc64-combine.ts";

test("two checksums combined are the checksum of both pieces together", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (a, b) => {
      expect(crc64Combine(crc64(a), crc64(b), b.length)).toBe(crc64(Buffer.concat([a, b])));
    }),
  );
  const zeros = Buffer.alloc(3 * 1024 * 1024 + 1);
  expect(crc64Combine(crc64(Buffer.from("x")), crc64(zeros), zeros.length)).toBe(
    crc64(Buffer.concat([Buffer.from("x"), zeros])),
  );
});
