/** Catches: what the client of S3 does right only on servers that look at nothing. Skipped where Debian's packages of Swift are not there. */
import { describe, test } from "vitest";
import { storeConformance } from "./conformance.ts";
import { subjects } from "./subjects.ts";
import { missingSwift, startSwift } from "./swift.ts";

if (missingSwift.length === 0) storeConformance("S3 by Swift", subjects.swift.lacks, startSwift);
else {
  describe("S3 by Swift as a store", () => {
    test.skip(
      `needs ${missingSwift.join(", ")}, of Debian's swift-proxy, swift-account, swift-container, swift-object and memcached`,
    );
  });
}
