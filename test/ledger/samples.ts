/** Values as the ledger holds them, for properties. */
import fc from "fast-check";
import { emptyTally } from "../../src/report/tally.ts";
import type { Outcome } from "../../src/vocabulary/outcome.ts";

const crockford = [..."0123456789ABCDEFGHJKMNPQRSTVWXYZ"];

/** A ULID; `time` orders them. */
export const ulidAt = (time: number, rest = "0000000000000000"): string => `${String(time).padStart(10, "0")}${rest}`;

export const anyUlid = fc.string({ unit: fc.constantFrom(...crockford), minLength: 26, maxLength: 26 });

const text = fc.string({ unit: "binary" });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Absent fields are absent, as JSON has them. */
const compact = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;

export const anyOutcome = (rows = 1_000): fc.Arbitrary<Outcome> =>
  fc
    .record({
      row: fc.nat({ max: rows - 1 }),
      key: text.map((key) => key.toWellFormed()),
      versionId: maybe(fc.string()),
      outcome: fc.constantFrom("archived", "skipped", "failed", "pending"),
      recovered: maybe(fc.boolean()),
      archiveKey: maybe(fc.string()),
      expectedSize: maybe(fc.maxSafeNat()),
      receivedSize: maybe(fc.maxSafeNat()),
      receivedEtag: maybe(fc.string()),
      receivedCrc64: maybe(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)),
      proof: maybe(fc.constantFrom("content-md5", "crc64", "size")),
      attempts: fc.nat({ max: 9 }),
      ms: fc.nat(),
      status: maybe(fc.constantFrom(0, 200, 404, 503)),
      code: maybe(fc.constantFrom("NoSuchKey", "Changed")),
      message: maybe(fc.string()),
    })
    .map((outcome) => compact(outcome as Outcome));

export const outcomeOf = (over: Partial<Outcome>): Outcome => ({
  row: 0,
  key: "a.jpg",
  outcome: "archived",
  attempts: 1,
  ms: 5,
  ...over,
});

export const trailer = {
  requests: emptyTally().requests,
  retries: 0,
  from: "2026-01-15T12:00:00.000Z",
  to: "2026-01-15T12:00:01.000Z",
};
