import fc from "fast-check";
import type { Outcome } from "../../src/vocabulary/outcome.ts";

export const outcome = (fields: Partial<Outcome> = {}): Outcome => ({
  row: 0,
  key: "photos/a.jpg",
  outcome: "archived",
  attempts: 1,
  ms: 12,
  ...fields,
});

const text = fc.string({ unit: "binary", maxLength: 12 });
const number = fc.maxSafeNat();

export const anyOutcome: fc.Arbitrary<Outcome> = fc.record(
  {
    row: fc.nat(),
    key: text,
    versionId: text,
    outcome: fc.constantFrom("archived", "skipped", "failed", "pending"),
    recovered: fc.boolean(),
    archiveKey: text,
    expectedSize: fc.nat(),
    expectedEtag: text,
    expectedCrc64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    receivedSize: fc.nat(),
    receivedEtag: text,
    receivedCrc64: text,
    proof: fc.constantFrom("content-md5", "crc64", "size"),
    expectedFrom: fc.constantFrom("row", "head", "get"),
    attempts: number,
    ms: number,
    status: fc.constantFrom(0, 200, 404, 503),
    code: fc.constantFrom("NoSuchKey", "NotTheOriginal", "Duplicate", "__proto__", "constructor"),
    message: text,
    requestId: text,
    fetchedAt: fc.constant("2024-05-01T00:00:00.000Z"),
  },
  { requiredKeys: ["row", "key", "outcome", "attempts", "ms"] },
);
